// Clients that read late or never, hang up in the middle, or send without end: nobody else notices,
// and memory stays bounded.

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

constexpr size_t kMegabyte = 1 << 20;

class SlowClientTest : public ServerTest {
 protected:
  // Some work of other clients, on new and on old connections of every thread.
  void ExpectOthersServed() {
    for (int i = 0; i < 16; i++) {
      RawSocket socket = Connect();
      EXPECT_EQ(socket.Ask("set other 0 0 2\r\nok\r\n"), "STORED\r\n");
      EXPECT_EQ(socket.Ask("get other\r\n", "END\r\n"), ValueReply("other", "ok") + "END\r\n");
    }
  }

  void ExpectDescriptorsReturnTo(size_t before) {
    EXPECT_TRUE(Eventually([&] { return server_.FdCount() <= before; }))
        << server_.FdCount() << " descriptors instead of " << before;
  }

  void ExpectMemoryBelow(size_t bytes) {
    if (kSanitized) return;  // freed memory stays in quarantine
    EXPECT_LT(server_.RssBytes() / kMegabyte, bytes / kMegabyte) << "megabytes";
  }
};

TEST_P(SlowClientTest, ClientThatDoesNotRead) {
  StartServer();
  const std::string value = Pattern(1, 100'000);
  ASSERT_EQ(Connect().Ask(SetRequest("big", value)), "STORED\r\n");
  const size_t before = server_.RssBytes();

  // 4 clients ask for 300 MB together and read nothing.
  constexpr int kGets = 750;
  std::vector<RawSocket> clients;
  std::string requests;
  for (int i = 0; i < kGets; i++) requests += "get big\r\n";
  for (int i = 0; i < 4; i++) {
    clients.emplace_back(server_.port(), /*receive_buffer=*/65536);
    ASSERT_TRUE(clients.back().Send(requests));
  }
  for (int i = 0; i < 10; i++) {
    ExpectOthersServed();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ExpectMemoryBelow(before + 48 * kMegabyte);

  const std::string reply = ValueReply("big", value) + "END\r\n";
  for (RawSocket& client : clients) {
    for (int i = 0; i < kGets; i++) {
      ASSERT_TRUE(client.ReadBytes(reply.size()) == reply) << "reply " << i;
    }
    EXPECT_EQ(client.Ask("mn\r\n"), "MN\r\n");
  }
  ExpectMemoryBelow(before + 48 * kMegabyte);
}

// More keys than fit into any socket buffer in one request: the reply is bounded, too.
TEST_P(SlowClientTest, LargeMultigetThatIsNotRead) {
  StartServer();
  const std::string value = Pattern(1, 10'000);
  RawSocket client(server_.port(), /*receive_buffer=*/65536);
  std::string multiget = "get", reply;
  for (int i = 0; i < 2000; i++) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_EQ(client.Ask(SetRequest(key, value)), "STORED\r\n");
    multiget += " " + key;
    reply += ValueReply(key, value);
  }
  ASSERT_TRUE(client.Send(multiget + "\r\n"));
  ExpectOthersServed();
  const std::string received = client.ReadBytes(reply.size() + 5);
  EXPECT_TRUE(received == reply + "END\r\n");
}

TEST_P(SlowClientTest, HalfCloseStillGetsEveryReply) {
  StartServer();
  const std::string value = Pattern(2, 20'000);
  RawSocket client = Connect();
  std::string requests = SetRequest("key", value), replies = "STORED\r\n";
  for (int i = 0; i < 500; i++) {
    requests += "get key\r\n";
    replies += ValueReply("key", value) + "END\r\n";
  }
  ASSERT_TRUE(client.Send(requests));
  client.HalfClose();
  EXPECT_TRUE(client.ReadUntilClosed() == replies);
  EXPECT_TRUE(client.closed());
}

TEST_P(SlowClientTest, ResetInTheMiddle) {
  StartServer();
  const std::string value = Pattern(3, 200'000);
  ASSERT_EQ(Connect().Ask(SetRequest("big", value)), "STORED\r\n");
  ASSERT_EQ(Connect().Ask(SetRequest("key", "old")), "STORED\r\n");
  // Taken while one connection is open: the two above may or may not have been closed yet.
  RawSocket first = Connect();
  ASSERT_EQ(first.Ask("mn\r\n"), "MN\r\n");  // it is accepted: its descriptor counts
  const size_t before = server_.FdCount();
  const std::string set = SetRequest("key", value);
  for (size_t i = 0; i < 60; i++) {
    // In a command line, in a value, while a reply is being sent, after half of it was read.
    RawSocket in_line = Connect(), in_value = Connect(), in_reply = Connect(),
              in_middle = Connect();
    in_line.Send("set key 0 0 200");
    in_value.Send(std::string_view(set).substr(0, 100 + i * 3000));
    in_reply.Send("get big big big big big big big big\r\nget big\r\n");
    in_middle.Send("get big big big big big big big big\r\nget big\r\n");
    in_middle.ReadBytes(100'000);
    in_line.Reset();
    in_value.Reset();
    in_reply.Reset();
    in_middle.Reset();
  }
  ExpectOthersServed();
  ExpectDescriptorsReturnTo(before);
  EXPECT_EQ(Connect().Ask("get key\r\n", "END\r\n"), ValueReply("key", "old") + "END\r\n");
}

TEST_P(SlowClientTest, ShorterThanPromised) {
  StartServer();
  ASSERT_EQ(Connect().Ask(SetRequest("key", "old")), "STORED\r\n");
  for (int i = 0; i < 50; i++) {
    RawSocket client = Connect();
    ASSERT_TRUE(client.Send("set key 0 0 1000000\r\nshort"));
    if (i % 2 == 0) {
      client.HalfClose();
      EXPECT_EQ(client.ReadUntilClosed(), "");
    }
  }
  EXPECT_EQ(Connect().Ask("get key\r\n", "END\r\n"), ValueReply("key", "old") + "END\r\n");
}

TEST_P(SlowClientTest, LineWithoutEnd) {
  StartServer();
  const size_t before = server_.RssBytes();
  RawSocket client = Connect();
  const std::string junk(65536, 'x');
  bool refused = false;
  for (int i = 0; i < 1000 && !refused; i++) refused = !client.Send(junk);
  EXPECT_TRUE(refused) << "64 MB without a line end were taken";
  ExpectOthersServed();
  ExpectMemoryBelow(before + 32 * kMegabyte);
}

TEST_P(SlowClientTest, MultigetWithoutEnd) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached buffers it all";
  StartServer();
  const size_t before = server_.RssBytes();
  for (const char* keys : {" k", "kk"}) {
    RawSocket client = Connect();
    client.Send("get ");
    std::string chunk;
    while (chunk.size() < 65536) chunk += keys;
    // Whether it is refused or executed in parts: 48 MB must not be kept.
    for (int i = 0; i < (kSanitized ? 50 : 768) && client.Send(chunk); i++) {
    }
    ExpectOthersServed();
    ExpectMemoryBelow(before + 32 * kMegabyte);
  }
}

// One byte at a time, from many clients at once, each leaving off somewhere.
TEST_P(SlowClientTest, Tricklers) {
  StartServer();
  const std::string request = SetRequest("key", Pattern(4, 60)) + "get key\r\n";
  std::vector<RawSocket> clients;
  for (size_t i = 0; i < 100; i++) {
    clients.push_back(Connect());
    for (size_t at = 0; at < (i * 7) % request.size(); at++) {
      ASSERT_TRUE(clients.back().Send(request.substr(at, 1)));
    }
  }
  ExpectOthersServed();
  clients.clear();
  ExpectOthersServed();
}

OVERTAKE_IN_EVERY_MODE(SlowClientTest);

}  // namespace
}  // namespace overtake::tests
