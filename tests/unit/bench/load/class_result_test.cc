#include "bench/load/class_result.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/clock.h"

namespace overtake::bench {
namespace {

TEST(ClassResultTest, CountsFromWhenARequestWasDue) {
  ClassResult result;
  result.Record(/*measured_from_ns=*/1000, /*due_ns=*/1000, /*sent_ns=*/1030, /*done_ns=*/1100);
  EXPECT_EQ(result.latency.Min(), 100U);
  EXPECT_EQ(result.latency.Max(), 100U);
  EXPECT_EQ(result.lag.Max(), 30U);
}

TEST(ClassResultTest, LeavesTheWarmUpOut) {
  ClassResult result;
  result.Record(/*measured_from_ns=*/1000, /*due_ns=*/999, /*sent_ns=*/1000, /*done_ns=*/5000);
  EXPECT_EQ(result.latency.count(), 0U);
  EXPECT_EQ(result.lag.count(), 0U);
}

TEST(ClassResultTest, IsInvalidWhenTheLagMadeTheTail) {
  ClassResult late, slow_server;
  for (int i = 0; i < 1000; ++i) {
    const int64_t lag = i % 50 == 0 ? 400 : 0;
    late.Record(0, 0, lag, 1000);
    slow_server.Record(0, 0, lag, lag == 0 ? 1300 : 1000);
  }
  EXPECT_TRUE(late.GeneratorLate());
  EXPECT_FALSE(slow_server.GeneratorLate());
}

// A server that answers in 1 ms and stands still from 2 s to 3 s of 5 s; a request is due every
// 10 ms, on a connection each. Everything here is arithmetic.
class StalledServer {
 public:
  static constexpr int64_t kStart = 2 * kNsPerSecond;
  static constexpr int64_t kEnd = 3 * kNsPerSecond;

  static int64_t Done(int64_t sent) {
    const int64_t done = sent + kNsPerMs;
    return done > kStart && sent < kEnd ? std::max(done, kEnd + kNsPerMs) : done;
  }
};

TEST(ClassResultTest, AnOpenLoopSeesAStallThatAClosedLoopMisses) {
  constexpr int64_t kGap = 10 * kNsPerMs;
  constexpr int64_t kRun = 5 * kNsPerSecond;
  ClassResult open, closed;
  for (int64_t due = 0; due < kRun; due += kGap) {
    open.Record(0, due, due, StalledServer::Done(due));
  }
  for (int64_t sent = 0; sent < kRun;) {
    const int64_t done = StalledServer::Done(sent);
    closed.Record(0, sent, sent, done);
    sent = std::max(done, sent + kGap);
  }
  const auto stalled = [](const ClassResult& result) {
    uint64_t count = 0;
    result.latency.ForEachBucket([&](uint64_t low, uint64_t, uint64_t in_bucket) {
      if (low > 10 * kNsPerMs) count += in_bucket;
    });
    return count;
  };
  // Those that were due in the stall.
  EXPECT_EQ(stalled(open), 100U);
  EXPECT_EQ(stalled(closed), 1U);
  // 20 % of requests waited, evenly from 0 to 1 s: 1 % waited for more than 0.95 s.
  EXPECT_NEAR(static_cast<double>(open.latency.ValueAtQuantile(0.99)) / kNsPerMs, 951, 11);
  EXPECT_NEAR(static_cast<double>(closed.latency.ValueAtQuantile(0.99)) / kNsPerMs, 1, 0.01);
}

}  // namespace
}  // namespace overtake::bench
