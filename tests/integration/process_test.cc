// The server as a process: its threads, its end, its port.

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class ProcessTest : public ServerTest {
 protected:
  // How many threads have names that begin with "overtake-" and this word.
  size_t CountThreads(const std::string& role) const {
    size_t count = 0;
    for (const std::string& name : server_.ThreadNames()) {
      if (name.starts_with("overtake-" + role)) count++;
    }
    return count;
  }

  // Ends the server while clients are connected, idle or busy, and checks that it does so cleanly.
  void ExpectCleanEnd(int signal) {
    StartServer();
    std::vector<RawSocket> idle;
    for (int i = 0; i < 50; i++) {
      idle.push_back(Connect());
      ASSERT_EQ(idle.back().Ask("mn\r\n"), "MN\r\n");
    }
    RawSocket in_value = Connect(), does_not_read(server_.port(), 65536);
    in_value.Send("set k 0 0 100000\r\nabc");
    does_not_read.Send(SetRequest("big", Pattern(1, 500'000)));
    for (int i = 0; i < 100; i++) does_not_read.Send("get big\r\n");

    std::atomic<int> under_way = 0;
    std::vector<std::thread> busy;
    for (int i = 0; i < 6; i++) {
      busy.emplace_back([&, i] {
        RawSocket socket = Connect();
        const std::string key = "k" + std::to_string(i);
        bool first = true;
        // Until the server is gone.
        while (socket.Send(SetRequest(key, key) + "get " + key + " big\r\n") &&
               socket.ReadUntil("END\r\n").ends_with("END\r\n")) {
          if (first) under_way++;
          first = false;
        }
      });
    }
    EXPECT_TRUE(Eventually([&] { return under_way == 6; }));
    EXPECT_EQ(server_.Stop(signal, 20 * kPatience), 0);
    for (std::thread& client : busy) client.join();
    for (RawSocket& socket : idle) {
      socket.ReadUntilClosed();
      EXPECT_TRUE(socket.closed());
    }
  }
};

TEST_P(ProcessTest, SigtermUnderLoad) { ExpectCleanEnd(SIGTERM); }
TEST_P(ProcessTest, SigintUnderLoad) { ExpectCleanEnd(SIGINT); }

TEST_P(ProcessTest, EndsAtOnceWhenIdle) {
  StartServer();
  EXPECT_EQ(server_.Stop(), 0);
}

// Who looks at the server with top -H sees the architecture.
TEST_P(ProcessTest, ThreadsAreNamedAfterTheirRoles) {
  if (TestingMemcached()) GTEST_SKIP();
  ServerOptions options;
  options.threads = 3;
  options.workers = 4;
  StartServer(options);
  ASSERT_EQ(Connect().Ask("mn\r\n"), "MN\r\n");
  struct Threads {
    size_t acceptors, readers, workers;  // a worker is two threads; in overtake, one
  };
  const std::map<std::string, Threads> expected = {
      {"node", {0, 1, 0}},     {"memcached", {1, 3, 0}},    {"ramcloud", {0, 1, 8}},
      {"nginx", {0, 3, 8}},    {"nginx_inline", {0, 3, 0}}, {"reuseport", {0, 3, 0}},
      {"overtake", {0, 3, 4}},
  };
  const auto of_mode = expected.find(GetParam().name);
  ASSERT_NE(of_mode, expected.end()) << "a new mode: say here which threads it has";
  const Threads& threads = of_mode->second;
  // A thread names itself, when it gets to run.
  EXPECT_TRUE(Eventually([&] { return CountThreads("ac") == threads.acceptors; }));
  EXPECT_TRUE(Eventually([&] { return CountThreads("rd") == threads.readers; }));
  EXPECT_TRUE(Eventually([&] { return CountThreads("wk") == threads.workers; }));
  const auto names = server_.ThreadNames();
  for (const std::string& name : names) EXPECT_TRUE(name.starts_with("overtake")) << name;
  if (!kSanitized) {
    // One more, the main one, and perhaps the store's own; a sanitizer may add its own.
    EXPECT_EQ(names.size(),
              1 + threads.acceptors + threads.readers + threads.workers + CountThreads("store"));
  }
}

TEST_P(ProcessTest, PortInUse) {
  StartServer();
  auto arguments = ServerArguments(GetParam(), {});
  arguments.push_back("-p");
  arguments.push_back(std::to_string(server_.port()));
  const Finished finished = RunToEnd(ServerBinary(), arguments);
  EXPECT_GT(finished.exit_code, 0);
  EXPECT_NE(finished.err.find("Address already in use"), std::string::npos) << finished.err;
  EXPECT_EQ(Connect().Ask("mn\r\n"), "MN\r\n") << "the first is unimpressed";
}

// The port is free again at once after an end with connections open (SO_REUSEADDR).
TEST_P(ProcessTest, RestartOnTheSamePort) {
  StartServer();
  RawSocket socket = Connect();
  ASSERT_EQ(socket.Ask("mn\r\n"), "MN\r\n");
  const int port = server_.port();
  ASSERT_EQ(server_.Stop(), 0);
  auto arguments = ServerArguments(GetParam(), {});
  ServerProcess second;
  ASSERT_TRUE(second.StartOn(port, ServerBinary(), arguments));
  EXPECT_EQ(RawSocket(port).Ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(second.Stop(), 0);
}

TEST_P(ProcessTest, IdleServerUsesNoProcessorTime) {
  StartServer();
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 20; i++) {
    sockets.push_back(Connect());
    ASSERT_EQ(sockets.back().Ask("mn\r\n"), "MN\r\n");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double before = server_.CpuSeconds();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LT(server_.CpuSeconds() - before, 0.2) << "CPU seconds in one idle second";
}

OVERTAKE_IN_EVERY_MODE(ProcessTest);

}  // namespace
}  // namespace overtake::tests
