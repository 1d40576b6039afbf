// Somebody sets the wall clock of a server that runs.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

constexpr int64_t kHour = 3600;

class WallClockTest : public ServerTest {
 protected:
  // A server with a wall clock of its own.
  void Start() {
    std::string name = "/tmp/overtake-clock-XXXXXX";
    file_ = mkstemp(name.data());
    Step(0);
    setenv("OVERTAKE_WALL_OFFSET", name.c_str(), 1);
    setenv("LD_PRELOAD", OVERTAKE_WALL_CLOCK_SHIM, 1);
    StartServer();
    unsetenv("LD_PRELOAD");
    unsetenv("OVERTAKE_WALL_OFFSET");
    std::remove(name.c_str());
  }
  void TearDown() override {
    if (file_ >= 0) close(file_);
    ServerTest::TearDown();
  }

  // Sets it to the system's and `seconds`; the server looks once a second.
  void Step(int64_t seconds) {
    offset_ = seconds;
    ASSERT_EQ(pwrite(file_, &offset_, sizeof(offset_), 0), ssize_t{sizeof(offset_)});
  }
  // What the server's wall clock says.
  int64_t Now() const {
    using std::chrono::duration_cast, std::chrono::seconds, std::chrono::system_clock;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count() + offset_;
  }
  static bool IsNear(int64_t a, int64_t b) { return std::abs(a - b) <= 5 * kPatience; }
  bool ToldRight() const { return IsNear(std::stoll(Stat("time")), Now()); }
  // The flag t of a key; -2 if it is gone.
  static int64_t Left(RawSocket& socket, const std::string& key) {
    const std::string reply = socket.Ask("mg " + key + " t\r\n");
    return reply.starts_with("HD t") ? std::stoll(reply.substr(4)) : -2;
  }

  int file_ = -1;
  int64_t offset_ = 0;
};

TEST_P(WallClockTest, IsFollowed) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached does not look at it again";
  Start();
  RawSocket socket = Connect();
  socket.Ask(SetRequest("before", "v", 0, "1000"));
  for (const int64_t step : {kHour, -kHour, int64_t{0}}) {
    Step(step);
    EXPECT_TRUE(Eventually([&] { return ToldRight(); })) << Stat("time") << ", not " << Now();
    socket.Ask(SetRequest("relative", "v", 0, "1000"));
    socket.Ask(SetRequest("absolute", "v", 0, std::to_string(Now() + 1000)));
    socket.Ask(SetRequest("past", "v", 0, std::to_string(Now() - 60)));
    for (const char* key : {"before", "relative", "absolute"}) {
      EXPECT_TRUE(IsNear(Left(socket, key), 1000)) << key << ": " << Left(socket, key);
    }
    EXPECT_EQ(Left(socket, "past"), -2);
    EXPECT_LT(std::stoll(Stat("uptime")), 100 * kPatience);
  }
}

// Whoever waits does not wait an hour longer.
TEST_P(WallClockTest, DoesNotStopTheBackground) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached does not look at it again";
  Start();
  RawSocket socket = Connect();
  for (const int64_t step : {kHour, -kHour}) {
    Step(step);
    EXPECT_TRUE(Eventually([&] { return ToldRight(); }));
    std::string sets;
    for (int i = 0; i < 20'000; ++i) {
      sets += "set k" + std::to_string(i) + " 0 1 100 noreply\r\n" + std::string(100, 'v') + "\r\n";
    }
    socket.Ask(sets + "mn\r\n");
    EXPECT_TRUE(Eventually([&] { return std::stoll(Stat("curr_items")) < 10'000; }))
        << Stat("curr_items") << " items, all of which have expired";
  }
}

OVERTAKE_IN_EVERY_MODE(WallClockTest);

}  // namespace
}  // namespace overtake::tests
