// Items leave when their time has come. Times are whole seconds and the server's clock ticks once a
// second, so that nothing is asserted closer than that.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class ExpiryTest : public ServerTest {
 protected:
  static bool Present(RawSocket& socket, const std::string& key) {
    return socket.Ask("get " + key + "\r\n", "END\r\n").starts_with("VALUE");
  }

  // True if the key is gone before long; false after several times the longest TTL used here.
  static bool GoesAway(RawSocket& socket, const std::string& key) {
    for (int i = 0; i < 100 * kPatience; i++) {
      if (!Present(socket, key)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
};

TEST_P(ExpiryTest, ItemsExpire) {
  StartServer();
  RawSocket socket = Connect();
  const auto set = [&](const std::string& key, const std::string& exptime) {
    ASSERT_EQ(socket.Ask(SetRequest(key, "v", 0, exptime)), "STORED\r\n");
  };
  const std::string now = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
  set("two", "2");
  EXPECT_TRUE(Present(socket, "two"));
  set("one", "1");
  set("absolute", std::to_string(std::stol(now) + 2));
  set("past", std::to_string(std::stol(now) - 10));
  set("negative", "-1");
  set("never", "0");
  set("long", "1000");
  set("absolute-long", std::to_string(std::stol(now) + 1000));
  set("touched-shorter", "1000");
  set("touched-longer", "2");
  set("fetched-shorter", "1000");
  set("fetched-longer", "2");
  set("replaced", "2");
  set("appended", "2");
  EXPECT_FALSE(Present(socket, "negative"));
  EXPECT_FALSE(Present(socket, "past"));
  EXPECT_EQ(socket.Ask("touch touched-shorter 2\r\n"), "TOUCHED\r\n");
  EXPECT_EQ(socket.Ask("touch touched-longer 1000\r\n"), "TOUCHED\r\n");
  EXPECT_EQ(socket.Ask("gat 2 fetched-shorter\r\n", "END\r\n"),
            ValueReply("fetched-shorter", "v") + "END\r\n");
  EXPECT_EQ(socket.Ask("gat 1000 fetched-longer\r\n", "END\r\n"),
            ValueReply("fetched-longer", "v") + "END\r\n");
  EXPECT_EQ(socket.Ask("replace replaced 0 0 1\r\nw\r\n"), "STORED\r\n");
  EXPECT_EQ(socket.Ask("append appended 0 0 1\r\nw\r\n"), "STORED\r\n");

  for (const char* key :
       {"one", "two", "absolute", "touched-shorter", "fetched-shorter", "appended"}) {
    EXPECT_TRUE(GoesAway(socket, key)) << key;
  }
  for (const char* key :
       {"never", "long", "absolute-long", "touched-longer", "fetched-longer", "replaced"}) {
    EXPECT_TRUE(Present(socket, key)) << key;
  }
  EXPECT_EQ(socket.Ask("replace two 0 0 1\r\nx\r\n"), "NOT_STORED\r\n");
  EXPECT_EQ(socket.Ask("touch two 0\r\n"), "NOT_FOUND\r\n");
  EXPECT_EQ(socket.Ask("incr two 1\r\n"), "NOT_FOUND\r\n");
  EXPECT_EQ(socket.Ask("delete two\r\n"), "NOT_FOUND\r\n");
  EXPECT_EQ(socket.Ask("add two 0 0 1\r\nx\r\n"), "STORED\r\n");
  EXPECT_TRUE(Present(socket, "two"));
}

TEST_P(ExpiryTest, FlushAllWithDelay) {
  StartServer();
  RawSocket socket = Connect();
  ASSERT_EQ(socket.Ask(SetRequest("before", "v")), "STORED\r\n");
  ASSERT_EQ(socket.Ask("flush_all 2\r\n"), "OK\r\n");
  EXPECT_TRUE(Present(socket, "before")) << "not yet";
  EXPECT_TRUE(GoesAway(socket, "before"));
  // What is stored once the delay is well over stays.
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ASSERT_EQ(socket.Ask(SetRequest("after", "v")), "STORED\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_TRUE(Present(socket, "after"));
}

TEST_P(ExpiryTest, FlushAllReachesEveryThread) {
  ServerOptions options;
  options.threads = 4;
  StartServer(options);
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 12; i++) {
    sockets.push_back(Connect());
    for (int j = 0; j < 50; j++) {
      ASSERT_EQ(sockets.back().Ask(SetRequest("k" + std::to_string(i * 50 + j), "v")),
                "STORED\r\n");
    }
  }
  ASSERT_EQ(sockets[3].Ask("flush_all\r\n"), "OK\r\n");
  for (int i = 0; i < 600; i++) {
    EXPECT_FALSE(
        Present(sockets[static_cast<size_t>(i) % sockets.size()], "k" + std::to_string(i)));
  }
}

// As memcached has it in a debug build.
TEST_P(ExpiryTest, TheClockCanBeMoved) {
  if (TestingMemcached()) GTEST_SKIP() << "needs a debug build of memcached";
  StartServer({.more = {"--enable-debug-commands"}});
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("debugtime p\r\n"), "OK\r\n");
  ASSERT_EQ(socket.Ask(SetRequest("key", "v", 0, "1000")), "STORED\r\n");
  EXPECT_EQ(socket.Ask("mg key t\r\n"), "HD t1000\r\n");
  EXPECT_EQ(socket.Ask("debugtime 999\r\n"), "OK\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(socket.Ask("mg key t\r\n"), "HD t1\r\n");
  EXPECT_EQ(socket.Ask("debugtime r\r\n"), "OK\r\n");
  EXPECT_TRUE(GoesAway(socket, "key"));
}

TEST_P(ExpiryTest, TheClockIsNotMovedByJustAnybody) {
  StartServer();
  EXPECT_EQ(Connect().Ask("debugtime 1000\r\n"), "ERROR\r\n");
  EXPECT_EQ(Connect().Ask("debugtime p\r\n"), "ERROR\r\n");
}

TEST_P(ExpiryTest, BeyondTheYear2038) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached cuts them to 32 bits";
  StartServer();
  RawSocket socket = Connect();
  const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  const auto expect_left = [&](const std::string& key, int64_t exptime) {
    const std::string reply = socket.Ask("mg " + key + " t\r\n");
    ASSERT_TRUE(reply.starts_with("HD t")) << reply;
    EXPECT_NEAR(std::stod(reply.substr(4)), static_cast<double>(exptime - now), 5) << key;
  };
  for (const int64_t exptime : {2'147'483'648, 4'102'444'800, 4'294'967'296, 5'000'000'000}) {
    const std::string at = std::to_string(exptime);
    EXPECT_EQ(socket.Ask(SetRequest("set", "v", 0, at)), "STORED\r\n");
    expect_left("set", exptime);
    // As memcached 1.6.45.
    EXPECT_EQ(socket.Ask("touch set " + at + "\r\ngat " + at + " set\r\nmg set T" + at +
                             "\r\nms set 1 T" + at + "\r\nv\r\nflush_all " + at + "\r\nmn\r\n",
                         "MN\r\n"),
              "CLIENT_ERROR invalid exptime argument\r\nCLIENT_ERROR invalid exptime argument\r\n"
              "CLIENT_ERROR bad token in command line format\r\n"
              "CLIENT_ERROR bad token in command line format\r\n"
              "CLIENT_ERROR invalid exptime argument\r\nMN\r\n");
    expect_left("set", exptime);
  }
}

OVERTAKE_IN_EVERY_MODE(ExpiryTest);

}  // namespace
}  // namespace overtake::tests
