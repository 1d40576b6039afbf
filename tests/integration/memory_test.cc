// What many clients can make the server hold beside its items is bounded, goes back to the system
// when they leave, and keeps nobody else from being served.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

constexpr size_t kMegabyte = 1 << 20;

class MemoryTest : public ServerTest {
 protected:
  static constexpr size_t kMaxGrowth = 100 * kMegabyte;
  static constexpr size_t kMaxLeft = 25 * kMegabyte;

  void StartSmall(std::vector<std::string> more = {}) {
    if (TestingMemcached()) GTEST_SKIP() << "memcached has no such limits";
    ServerOptions options;
    options.memory_mb = 64;
    options.max_connections = 2048;
    options.more = std::move(more);
    StartServer(options);
  }

  // Stores `count` items with this value; then `multiget_` asks for all of them, and is to be
  // answered with `reply_`.
  void StoreForMultiget(int count, const std::string& value) {
    RawSocket socket = Connect();
    multiget_ = "get";
    for (int i = 0; i < count; ++i) {
      const std::string key = "key" + std::to_string(i);
      ASSERT_EQ(socket.Ask(SetRequest(key, value)), "STORED\r\n");
      multiget_ += " " + key;
      reply_ += ValueReply(key, value);
    }
    multiget_ += "\r\n";
    reply_ += "END\r\n";
  }

  // Some work of other clients, on new connections of every thread.
  void ExpectOthersServed() {
    for (int i = 0; i < 8; ++i) {
      RawSocket socket = Connect();
      EXPECT_EQ(socket.Ask("set other 0 0 2\r\nok\r\n"), "STORED\r\n");
      EXPECT_EQ(socket.Ask("get other\r\n", "END\r\n"), ValueReply("other", "ok") + "END\r\n");
    }
  }

  void ExpectGrowthBelow(size_t bytes, size_t before) {
    if (kSanitized) return;  // freed memory stays in quarantine
    EXPECT_LT(server_.RssBytes() / kMegabyte, (before + bytes) / kMegabyte) << "megabytes";
  }
  void ExpectGrowthSoonBelow(size_t bytes, size_t before) {
    if (kSanitized) return;
    EXPECT_TRUE(Eventually([&] { return server_.RssBytes() < before + bytes; }))
        << server_.RssBytes() / kMegabyte << " MB, before: " << before / kMegabyte;
  }

  std::string multiget_;
  std::string reply_;
};

TEST_P(MemoryTest, MultigetsThatNobodyReads) {
  StartSmall();
  if (IsSkipped()) return;
  constexpr int kClients = kSanitized ? 50 : 500;
  ASSERT_NO_FATAL_FAILURE(StoreForMultiget(1000, Pattern(1, 1000)));
  const size_t before = server_.RssBytes();
  {
    std::vector<RawSocket> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back(server_.port(), /*receive_buffer=*/4096);
      ASSERT_TRUE(clients.back().Send(multiget_));
    }
    ExpectOthersServed();
    // Who reads is served in full, however little is left.
    EXPECT_TRUE(Connect().Ask(multiget_, "END\r\n") == reply_);
    ExpectGrowthBelow(kMaxGrowth, before);
    // And so are they, once they do.
    for (size_t i = 0; i < clients.size(); i += 50) {
      EXPECT_TRUE(clients[i].ReadUntil("END\r\n") == reply_) << i;
    }
  }
  ExpectGrowthSoonBelow(kMaxLeft, before);
  EXPECT_TRUE(Eventually([&] { return std::stoul(Stat("response_obj_bytes")) < kMegabyte; }));
  ExpectOthersServed();
}

TEST_P(MemoryTest, RepliesWithAlmostNoMemory) {
  StartSmall({"-o", "resp_obj_mem_limit=1"});
  if (IsSkipped()) return;
  ASSERT_NO_FATAL_FAILURE(StoreForMultiget(300, Pattern(1, 3000)));
  std::vector<RawSocket> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(server_.port(), /*receive_buffer=*/4096);
    ASSERT_TRUE(clients.back().Send(multiget_));
  }
  EXPECT_TRUE(Connect().Ask(multiget_, "END\r\n") == reply_);
  for (RawSocket& client : clients) ASSERT_TRUE(client.ReadUntil("END\r\n") == reply_);
}

TEST_P(MemoryTest, UploadsThatStop) {
  StartSmall();
  if (IsSkipped()) return;
  constexpr int kClients = kSanitized ? 50 : 300;
  const std::string value = Pattern(1, 1'000'000);
  const std::string head = "set up 0 0 1000000\r\n";
  const std::string set = SetRequest("honest", value);
  {
    // The cache is full: what uploads need comes on top.
    RawSocket socket = Connect();
    for (int i = 0; i < 80; ++i) {
      ASSERT_EQ(socket.Ask(SetRequest("fill" + std::to_string(i), value)), "STORED\r\n");
    }
  }
  const size_t before = server_.RssBytes();
  {
    std::vector<RawSocket> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.push_back(Connect());
      ASSERT_TRUE(clients.back().Send(head));
    }
    for (size_t at = 0; at < 990'000; at += 66'000) {
      for (RawSocket& client : clients) {
        client.SendWithoutBlocking(std::string_view(value).substr(at, 66'000));
      }
      ExpectOthersServed();
    }
    ExpectGrowthBelow(kMaxGrowth, before);
    // On every reader, if not at once: who comes in the midst of it may be given up, too.
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(Eventually([&] {
        RawSocket honest = Connect();
        return honest.Send(set) && honest.ReadUntil("\r\n") == "STORED\r\n";
      })) << i;
    }
    ExpectGrowthBelow(kMaxGrowth, before);
    EXPECT_NE(Stat("read_buf_oom"), "0");
  }
  ExpectGrowthSoonBelow(kMaxLeft, before);
  ExpectOthersServed();
}

// Nobody stops, so nobody is refused, and nobody waits for ever.
TEST_P(MemoryTest, MoreUploadsThanMemory) {
  StartSmall({"-o", "read_buf_mem_limit=1"});
  if (IsSkipped()) return;
  std::vector<RawSocket> clients;
  const std::string value = Pattern(2, 900'000);
  for (int i = 0; i < 30; ++i) clients.push_back(Connect());
  const std::string set = SetRequest("key", value);
  for (size_t at = 0; at < set.size(); at += 100'000) {
    for (RawSocket& client : clients) {
      ASSERT_TRUE(client.Send(std::string_view(set).substr(at, 100'000)));
    }
  }
  for (RawSocket& client : clients) EXPECT_EQ(client.ReadUntil("\r\n"), "STORED\r\n");
  EXPECT_EQ(Stat("read_buf_oom"), "0");
}

// What is refused in the middle is an error, once, and what follows it is executed.
TEST_P(MemoryTest, TheRestOfWhatIsGivenUp) {
  StartSmall({"-o", "read_buf_mem_limit=1"});
  if (IsSkipped()) return;
  const std::string value = Pattern(3, 900'000);
  std::vector<RawSocket> clients;
  std::string set = SetRequest("key", value);
  for (int i = 0; i < 12; ++i) {
    clients.push_back(Connect());
    ASSERT_TRUE(clients.back().Send(std::string_view(set).substr(0, 800'000)));
  }
  EXPECT_TRUE(Eventually([&] { return Stat("read_buf_oom") != "0"; }));
  int refused = 0;
  for (RawSocket& client : clients) {
    ASSERT_TRUE(client.Send(set.substr(800'000) + "mn\r\n"));
    const std::string reply = client.ReadUntil("MN\r\n");
    if (reply == "SERVER_ERROR out of memory reading request\r\nMN\r\n") {
      ++refused;
    } else {
      EXPECT_EQ(reply, "STORED\r\nMN\r\n");
    }
  }
  EXPECT_GT(refused, 0);
}

OVERTAKE_IN_EVERY_MODE(MemoryTest);

}  // namespace
}  // namespace overtake::tests
