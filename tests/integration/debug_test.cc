// `debug`: requests that take as long as they are asked to.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

const std::string kRefused =
    "CLIENT_ERROR debug takes trace, or spin or sleep and 0 to 10000000 us\r\n";

class DebugTest : public ServerTest {
 protected:
  void SetUp() override {
    if (TestingMemcached()) GTEST_SKIP() << "ours alone";
  }
  void StartDebugServer() { StartServer({.more = {"--enable-debug-commands"}}); }
};

TEST_P(DebugTest, IsNoCommandUnlessItIsAllowed) {
  StartServer();
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("debug sleep 10000000\r\n"), "ERROR\r\n");
  EXPECT_EQ(socket.Ask("debug spin 10000000\r\n"), "ERROR\r\n");
  EXPECT_EQ(socket.Ask("debug\r\n"), "ERROR\r\n");
}

// Only from below: how much later a thread runs is the machine's business.
TEST_P(DebugTest, SleepsAtLeastAsLongAsAsked) {
  StartDebugServer();
  RawSocket socket = Connect();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(socket.Ask("debug sleep 100000\r\n"), "OK\r\n");
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
}

TEST_P(DebugTest, SpinsOnAProcessor) {
  StartDebugServer();
  const double before = server_.CpuSeconds();
  EXPECT_EQ(Connect().Ask("debug spin 300000\r\n"), "OK\r\n");
  // The kernel counts in ticks of 10 ms.
  EXPECT_GE(server_.CpuSeconds() - before, 0.28);
}

TEST_P(DebugTest, KeepsItsPlaceAmongTheRepliesOfItsConnection) {
  StartDebugServer();
  RawSocket socket = Connect();
  socket.Send("debug sleep 20000\r\n" + SetRequest("key", "new") +
              "debug spin 10\r\nget key\r\ndebug sleep 0\r\nmn\r\n");
  EXPECT_EQ(socket.ReadUntil("MN\r\n"),
            "OK\r\nSTORED\r\nOK\r\nVALUE key 0 3\r\nnew\r\nEND\r\nOK\r\nMN\r\n");
}

TEST_P(DebugTest, RefusesWhatItDoesNotKnow) {
  StartDebugServer();
  RawSocket socket = Connect();
  for (const char* arguments : {"", " spin", " sleep", " sleep x", " sleep -1", " spin 10000001",
                                " spin 1 2", " crash 1", " SPIN 1", " spin 18446744073709551616"}) {
    EXPECT_EQ(socket.Ask("debug" + std::string(arguments) + "\r\n"), kRefused) << arguments;
  }
}

OVERTAKE_IN_EVERY_MODE(DebugTest);

}  // namespace
}  // namespace overtake::tests
