// Many connections, too many connections, and what they cost.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class ConnectionsTest : public ServerTest {
 protected:
  static bool Answers(RawSocket& socket, std::chrono::milliseconds limit = kGiveUp) {
    return socket.Send("mn\r\n") && socket.ReadBytes(4, limit) == "MN\r\n";
  }

  // How many lines of `text` have `word` in them.
  static size_t Lines(const std::string& text, const std::string& word) {
    size_t lines = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
      lines++;
      at = std::min(text.find('\n', at), text.size());
    }
    return lines;
  }

  void SetDescriptorLimit(rlim_t limit) {
    const rlimit limits = {limit, limit};
    ASSERT_EQ(prlimit(server_.pid(), RLIMIT_NOFILE, &limits, nullptr), 0);
  }
};

TEST_P(ConnectionsTest, ManyComeAndGo) {
  StartServer();
  for (int round = 0; round < 5; round++) {
    std::vector<RawSocket> sockets;
    for (int i = 0; i < 300; i++) sockets.push_back(Connect());
    for (size_t i = 0; i < sockets.size(); i++) {
      const std::string key = "key" + std::to_string(i);
      ASSERT_TRUE(sockets[i].Send(SetRequest(key, key) + "get " + key + "\r\n"));
    }
    for (size_t i = 0; i < sockets.size(); i++) {
      const std::string key = "key" + std::to_string(i);
      const std::string reply = "STORED\r\n" + ValueReply(key, key) + "END\r\n";
      ASSERT_EQ(sockets[i].ReadBytes(reply.size()), reply);
    }
  }
}

TEST_P(ConnectionsTest, OneAfterTheOther) {
  StartServer();
  for (int i = 0; i < 500; i++) {
    RawSocket socket = Connect();
    ASSERT_TRUE(Answers(socket)) << i;
  }
}

// Connection -c + 1 is told so and closed. (memcached counts its own descriptors as connections and
// serves somewhat fewer than -c.)
// Whatever the kernel's hash of their addresses says.
TEST_P(ConnectionsTest, AreSpreadEvenly) {
  if (!ModeIs("memcached") && !ModeIs("overtake")) GTEST_SKIP() << "by chance, or there is one";
  if (TestingMemcached()) GTEST_SKIP();
  ServerOptions options;
  options.threads = 4;
  StartServer(options);
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 40; i++) {
    sockets.push_back(Connect());
    ASSERT_EQ(sockets.back().Ask("mn\r\n"), "MN\r\n");
  }
  for (int i = 0; i < 4; i++) {
    const int connections = std::stoi(Stat(std::to_string(i) + ":connections", "dispatch"));
    EXPECT_GE(connections, 8) << "reader " << i;
    EXPECT_LE(connections, 12) << "reader " << i;
  }
}

TEST_P(ConnectionsTest, LimitIsKept) {
  ServerOptions options;
  options.max_connections = 60;
  StartServer(options);
  std::vector<RawSocket> served;
  for (;;) {
    RawSocket socket = Connect();
    ASSERT_TRUE(socket.connected());
    socket.Send("mn\r\n");  // may fail: it may be closed already
    const std::string reply = socket.ReadUntil("\r\n");
    if (reply != "MN\r\n") {
      EXPECT_EQ(reply, "ERROR Too many open connections\r\n");
      EXPECT_EQ(socket.ReadUntilClosed(), "");
      EXPECT_TRUE(socket.closed());
      break;
    }
    served.push_back(std::move(socket));
    ASSERT_LE(served.size(), 60U);
  }
  if (!TestingMemcached()) {
    EXPECT_EQ(served.size(), 60U);
  }

  // Being refused does no harm to the others, and a slot that is freed can be used again.
  for (RawSocket& socket : served) EXPECT_TRUE(Answers(socket));
  for (int round = 0; round < 20; round++) {
    served[0].Close();
    served.erase(served.begin());
    ASSERT_TRUE(Eventually([&] {
      RawSocket socket = Connect();
      socket.Send("mn\r\n");
      if (socket.ReadUntil("\r\n") != "MN\r\n") return false;
      served.push_back(std::move(socket));
      return true;
    }));
  }
  for (RawSocket& socket : served) EXPECT_TRUE(Answers(socket));
}

TEST_P(ConnectionsTest, DescriptorsRunOut) {
  StartServer();
  RawSocket early = Connect();
  ASSERT_TRUE(Answers(early));
  SetDescriptorLimit(server_.FdCount() + 20);

  std::vector<RawSocket> sockets, waiting;
  for (int i = 0; i < 60; i++) sockets.push_back(Connect());  // the kernel takes all of them
  for (RawSocket& socket : sockets) socket.Send("mn\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(Answers(early)) << "who is connected is served";

  // A server that is told by its event loop that it could accept, and cannot, must not ask again
  // and again: that would take a whole core.
  const double cpu_before = server_.CpuSeconds();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LT(server_.CpuSeconds() - cpu_before, 0.4) << "CPU seconds in one idle second";
  EXPECT_TRUE(Answers(early));
  // That was one pause, however often it tried.
  EXPECT_EQ(StatOver(&early, "listen_disabled_num"), "1");
  EXPECT_EQ(StatOver(&early, "accepting_conns"), "0");
  if (!TestingMemcached()) {
    EXPECT_EQ(Lines(server_.Stderr(), "Too many open files"), 1U) << server_.Stderr();
  }

  int served = 0;
  for (RawSocket& socket : sockets) {
    if (socket.ReadBytes(4, std::chrono::milliseconds(1)) == "MN\r\n") {
      served++;
    } else {
      waiting.push_back(std::move(socket));
    }
  }
  EXPECT_GT(served, 0);
  EXPECT_FALSE(waiting.empty()) << "the limit had no effect";
  // Those that were served leave; those that waited are accepted. In which order is the
  // architecture's own affair: with a socket for each reader there are several queues.
  sockets.clear();
  size_t answered = 0;
  EXPECT_TRUE(Eventually([&] {
    answered += std::erase_if(waiting, [](RawSocket& socket) {
      return socket.ReadBytes(4, std::chrono::milliseconds(1)) == "MN\r\n";
    });
    return waiting.empty();
  })) << answered
      << " answered, not " << waiting.size();
  EXPECT_TRUE(Answers(early));
  // Nobody waits any more, and yet it goes on accepting: also that is found out.
  waiting.clear();
  EXPECT_TRUE(Eventually([&] { return StatOver(&early, "accepting_conns") == "1"; }));
  EXPECT_GE(std::stoul(StatOver(&early, "time_in_listen_disabled_us")), 1'000'000U);
  EXPECT_EQ(early.Ask("stats reset\r\n"), "RESET\r\n");
  EXPECT_EQ(StatOver(&early, "listen_disabled_num"), "0");
  EXPECT_EQ(StatOver(&early, "time_in_listen_disabled_us"), "0");
}

// Those that wait give up: the pause is over when there are descriptors, not when somebody comes.
TEST_P(ConnectionsTest, NobodyWaitsForDescriptorsAnyMore) {
  if (TestingMemcached()) GTEST_SKIP();
  StartServer();
  RawSocket early = Connect();
  ASSERT_TRUE(Answers(early));
  SetDescriptorLimit(server_.FdCount() + 5);
  {
    std::vector<RawSocket> sockets;
    for (int i = 0; i < 20; i++) sockets.push_back(Connect());
    EXPECT_TRUE(Eventually([&] { return StatOver(&early, "accepting_conns") == "0"; }));
  }
  EXPECT_TRUE(Eventually([&] { return StatOver(&early, "accepting_conns") == "1"; }));
  EXPECT_TRUE(Eventually([&] { return StatOver(&early, "curr_connections") == "1"; }));
  RawSocket late = Connect();
  EXPECT_TRUE(Answers(late));
}

TEST_P(ConnectionsTest, BuffersShrinkAfterLargeMultigets) {
  if (kSanitized) GTEST_SKIP() << "freed memory stays in quarantine";
  if (TestingMemcached()) GTEST_SKIP() << "memcached keeps them";
  StartServer();
  constexpr size_t kMegabyte = 1 << 20;
  std::string multiget = "get", reply;
  RawSocket setter = Connect();
  for (int i = 0; i < 2000; i++) {
    const std::string key = "key" + std::to_string(i);
    const std::string value = Pattern(i, 10'000);
    ASSERT_EQ(setter.Ask(SetRequest(key, value)), "STORED\r\n");
    multiget += " " + key;
    reply += ValueReply(key, value);
  }
  reply += "END\r\n";
  const size_t before = server_.RssBytes();
  std::vector<std::thread> clients;
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 8; i++) sockets.push_back(Connect());
  for (RawSocket& socket : sockets) {
    clients.emplace_back([&] {
      ASSERT_TRUE(socket.Send(multiget + "\r\n"));
      EXPECT_TRUE(socket.ReadBytes(reply.size()) == reply);
    });
  }
  for (std::thread& client : clients) client.join();
  const size_t after = server_.RssBytes();
  // The connections stay open and idle; what they used must go all the same.
  const bool shrank = Eventually([&] { return server_.RssBytes() < before + 12 * kMegabyte; });
  std::cout << GetParam() << ": RSS before " << before / kMegabyte << " MB, after 8 multigets of "
            << reply.size() / kMegabyte << " MB " << after / kMegabyte << " MB, then "
            << server_.RssBytes() / kMegabyte << " MB\n";
  EXPECT_TRUE(shrank);
}

TEST_P(ConnectionsTest, CostOfAnIdleConnection) {
  ServerOptions options;
  options.max_connections = 2000;
  StartServer(options);
  RawSocket first = Connect();
  ASSERT_TRUE(Answers(first));
  const size_t before = server_.RssBytes();
  constexpr size_t kConnections = 1000;
  std::vector<RawSocket> sockets;
  for (size_t i = 0; i < kConnections; i++) {
    sockets.push_back(Connect());
    ASSERT_TRUE(Answers(sockets.back())) << i;
  }
  const size_t each = (server_.RssBytes() - before) / kConnections;
  std::cout << GetParam() << ": " << each << " bytes of RSS for each of 1,000 idle connections\n";
  if (!kSanitized) {
    EXPECT_LT(each, 40'000U);
  }
  for (RawSocket& socket : sockets) EXPECT_TRUE(Answers(socket));
}

OVERTAKE_IN_EVERY_MODE(ConnectionsTest);

}  // namespace
}  // namespace overtake::tests
