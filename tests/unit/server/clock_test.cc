#include "server/clock.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "tests/unit/server/service_fixture.h"

namespace overtake {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kHour = 3600;
constexpr int64_t kUnix = 1'800'000'000;  // the wall clock at the start

class ClockTest : public ::testing::Test {
 protected:
  void Pass(int64_t ns) {
    time_.wall_ns += ns;
    time_.monotonic_ns += ns;
    clock_.Tick();
  }
  void StepWall(int64_t ns) {
    time_.wall_ns += ns;
    clock_.Tick();
  }

  SystemTime time_ = {kUnix * kSecond, 5000 * kSecond};
  Clock clock_{[this] { return time_; }};
};

TEST_F(ClockTest, BothGoOn) {
  const Seconds start = clock_.Now();
  EXPECT_EQ(clock_.UnixTime(), kUnix);
  EXPECT_EQ(clock_.Uptime(), 0U);
  Pass(100 * kSecond);
  EXPECT_EQ(clock_.Now(), start + 100);
  EXPECT_EQ(clock_.UnixTime(), kUnix + 100);
  EXPECT_EQ(clock_.Uptime(), 100U);
}

TEST_F(ClockTest, AStepOfTheWallClockMovesWhatIsAbsolute) {
  Pass(1000 * kSecond);
  for (const int64_t step : {kHour, -kHour, -kHour, 5 * kHour, -20 * 366 * 24 * kHour}) {
    const Seconds now = clock_.Now();
    const int64_t wall = clock_.UnixTime() + step;
    StepWall(step * kSecond);
    EXPECT_EQ(clock_.Now(), now);
    EXPECT_EQ(clock_.Uptime(), 1000U);
    EXPECT_EQ(clock_.UnixTime(), wall);
    EXPECT_EQ(clock_.UnixTimeOf(now + 50), wall + 50);
    EXPECT_EQ(clock_.Expiry(60), now + 60) << "relative";
    EXPECT_EQ(clock_.Expiry(wall + 60), now + 60);
    EXPECT_EQ(clock_.Expiry(wall + 100 * kHour), now + 100 * kHour);
    EXPECT_LE(clock_.Expiry(wall - 60), now);
    EXPECT_LE(clock_.Expiry(wall - 100 * kHour), now);
    EXPECT_GT(clock_.Expiry(wall - 100 * kHour), 0U) << "0 is never";
  }
}

// What makes no step: an adjustment, and the moment between looking at the one and the other.
TEST_F(ClockTest, JitterMovesNothing) {
  time_.wall_ns += kSecond / 2;  // where rounding is most sensitive
  Clock clock([this] { return time_; });
  const int64_t origin = clock.UnixTimeOf(0);
  for (const int64_t ns : {1, -2, 1'000'000, -50'000'000, 50'000'000}) {
    time_.wall_ns += ns;
    clock.Tick();
    EXPECT_EQ(clock.UnixTimeOf(0), origin);
    time_.wall_ns -= ns;
  }
  // But a drift is followed, if it goes on.
  for (int i = 0; i < 2000; ++i) {
    time_.wall_ns += kSecond / 500;
    clock.Tick();
  }
  EXPECT_NEAR(clock.UnixTimeOf(0), origin + 4, 1);
}

TEST_F(ClockTest, TimesBeyond2038) {
  Pass(1000 * kSecond);
  const Seconds now = clock_.Now();
  for (const int64_t exptime :
       {2'147'483'648, 4'102'444'800, 4'294'967'295, 4'294'967'296, 5'000'000'000, 6'000'000'000}) {
    EXPECT_EQ(clock_.UnixTimeOf(clock_.Expiry(exptime)), exptime);
  }
  // Later than can be told.
  for (const int64_t exptime : {7'000'000'000, std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(clock_.Expiry(exptime), std::numeric_limits<Seconds>::max());
  }
  EXPECT_LE(clock_.Expiry(std::numeric_limits<int64_t>::min()), now);
  EXPECT_LE(clock_.Expiry(-4'294'967'290), now);
}

TEST_F(ClockTest, MovesAndStandsStill) {
  Clock clock;
  const Seconds start = clock.Now();
  clock.Shift(1000);
  EXPECT_EQ(clock.Now(), start + 1000);
  clock.Tick();
  EXPECT_GE(clock.Now(), start + 1000);
  EXPECT_LE(clock.Now(), start + 1010);
  clock.Shift(-1000);
  EXPECT_LE(clock.Now(), start + 10);
  clock.Pause(true);
  const Seconds paused = clock.Now();
  clock.Shift(5);
  clock.Tick();
  EXPECT_EQ(clock.Now(), paused + 5);
  clock.Pause(false);
  clock.Tick();
  EXPECT_GE(clock.Now(), paused + 5);
  clock.Shift(INT64_MIN);
  EXPECT_EQ(clock.Now(), 1U);
  clock.Shift(INT64_MAX);
  EXPECT_GT(clock.Now(), 1'000'000'000U);
}

// All commands that take or tell a time, on a clock whose wall was set.
class WallClockTest : public ServiceTest {
 protected:
  void Step(int64_t seconds) {
    wall_step_s_ += seconds;
    clock_.Tick();
  }
  // The wall clock's time, as somebody looks it up who did not ask the server.
  int64_t WallNow() const { return Clock::ReadSystem().wall_ns / kSecond + wall_step_s_; }
  std::string Wall(int64_t after) const { return std::to_string(WallNow() + after); }
  // The flag t of a key, or "" if it is gone.
  std::string Left(const std::string& key) {
    const std::string reply = Ask("mg " + key + " t\r\n");
    return reply.starts_with("HD t") ? reply.substr(4, reply.size() - 6) : "";
  }
  void ExpectLeft(const std::string& key, int64_t seconds) {
    const std::string left = Left(key);
    ASSERT_NE(left, "") << key;
    EXPECT_NEAR(static_cast<double>(std::stoll(left)), static_cast<double>(seconds), 3) << key;
  }
};

TEST_P(WallClockTest, EveryAbsoluteExptimeMeansTheNewTime) {
  for (const int64_t step : {kHour, -2 * kHour, kHour}) {
    Step(step);
    for (const char* key : {"touch", "gat", "mg", "ma", "md"}) {
      Ask("set " + std::string(key) + " 0 0 1\r\n1\r\n");
    }
    for (const int64_t left : {int64_t{600}, 100 * kHour, 1000 * 24 * kHour}) {
      const std::string at = Wall(left);
      EXPECT_EQ(Ask("set set 0 " + at + " 1\r\n1\r\n"), "STORED\r\n");
      EXPECT_EQ(Ask("touch touch " + at + "\r\n"), "TOUCHED\r\n");
      Ask("gat " + at + " gat\r\n");
      EXPECT_EQ(Ask("mg mg T" + at + "\r\n"), "HD\r\n");
      EXPECT_EQ(Ask("ma ma T" + at + "\r\n"), "HD\r\n");
      EXPECT_EQ(Ask("md md I T" + at + "\r\n"), "HD\r\n");
      EXPECT_EQ(Ask("ms ms 1 T" + at + "\r\n1\r\n"), "HD\r\n");
      Ask("delete vivified\r\ndelete counted\r\n");
      EXPECT_EQ(Ask("mg vivified N" + at + "\r\n"), "HD W\r\n");
      EXPECT_EQ(Ask("ma counted N" + at + "\r\n"), "HD\r\n");
      for (const char* key : {"set", "touch", "gat", "mg", "ma", "ms", "counted"}) {
        ExpectLeft(key, left);
      }
    }
    EXPECT_EQ(Ask("set past 0 " + Wall(-60) + " 1\r\n1\r\nget past\r\n"), "STORED\r\nEND\r\n");
  }
}

TEST_P(WallClockTest, RelativeExptimesKeepTheirLength) {
  Ask("set a 0 600 1\r\n1\r\nset never 0 0 1\r\n1\r\n");
  for (const int64_t step : {kHour, -3 * kHour, 100 * kHour}) {
    Step(step);
    ExpectLeft("a", 600);
    EXPECT_EQ(Left("never"), "-1");
    EXPECT_NE(Ask("me a\r\n").find(" exp=600 "), std::string::npos) << Ask("me a\r\n");
    Ask("touch a 600\r\n");
  }
}

TEST_P(WallClockTest, WhatIsToldIsTheNewTime) {
  Ask("set a 0 600 1\r\n1\r\n");
  for (const int64_t step : {kHour, -2 * kHour}) {
    Step(step);
    const std::string stats = Ask("stats\r\n");
    const size_t time = stats.find("\r\nSTAT time ");
    ASSERT_NE(time, std::string::npos);
    EXPECT_NEAR(std::stod(stats.substr(time + 12)), std::stod(Wall(0)), 3);
    const std::string dump = Ask("lru_crawler metadump all\r\n");
    const size_t at = dump.find(" exp=");
    ASSERT_NE(at, std::string::npos) << dump;
    EXPECT_NEAR(std::stod(dump.substr(at + 5)), std::stod(Wall(600)), 3);
    const size_t la = dump.find(" la=");
    EXPECT_NEAR(std::stod(dump.substr(la + 4)), std::stod(Wall(0)), 3);
  }
}

TEST_P(WallClockTest, ADelayedFlushComesByTheNewTime) {
  Step(-kHour);
  Ask("set a 0 0 1\r\n1\r\nflush_all " + Wall(50) + "\r\n");
  EXPECT_NE(Ask("get a\r\n"), "END\r\n");
  clock_.Shift(60);
  EXPECT_EQ(Ask("get a\r\n"), "END\r\n");
}

// Classic lines that store have them; other commands refuse them.
TEST_P(WallClockTest, ExptimesBeyond2038) {
  for (const std::string exptime : {"2147483648", "4102444800", "4294967295", "4294967296"}) {
    Ask("set a 0 " + exptime + " 1\r\n1\r\n");
    ExpectLeft("a", std::stoll(exptime) - WallNow());
    EXPECT_EQ(Ask("touch a " + exptime + "\r\ngat " + exptime + " a\r\nmg a T" + exptime + "\r\n"),
              "CLIENT_ERROR invalid exptime argument\r\nCLIENT_ERROR invalid exptime argument\r\n"
              "CLIENT_ERROR bad token in command line format\r\n");
    EXPECT_NE(Ask("lru_crawler metadump all\r\n").find(" exp=" + exptime + " "), std::string::npos);
  }
  Ask("set d 0 9223372036854775807 1\r\n1\r\n");
  EXPECT_NE(Left("d"), "");
  EXPECT_EQ(Ask("set d 0 -4294967290 1\r\n1\r\nget d\r\n"), "STORED\r\nEND\r\n");
  EXPECT_EQ(Ask("set d 0 9223372036854775808 1\r\n1\r\n"),
            "CLIENT_ERROR bad command line format\r\n");
}

INSTANTIATE_TEST_SUITE_P(Stores, WallClockTest, ::testing::Values(&MakeStore, &MakeShardedStore));

}  // namespace
}  // namespace overtake
