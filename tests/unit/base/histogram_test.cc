#include "base/histogram.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace overtake {
namespace {

TEST(HistogramTest, EmptyReadsAsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Min(), 0u);
  EXPECT_EQ(histogram.Max(), 0u);
  EXPECT_EQ(histogram.Mean(), 0.0);
  EXPECT_EQ(histogram.ValueAtQuantile(0.5), 0u);
  histogram.ForEachBucket([](uint64_t, uint64_t, uint64_t) { FAIL(); });
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram histogram(7);
  for (uint64_t value = 0; value < 128; ++value) histogram.Record(value);
  uint64_t expected = 0;
  histogram.ForEachBucket([&](uint64_t low, uint64_t high, uint64_t count) {
    EXPECT_EQ(low, expected);
    EXPECT_EQ(high, expected);
    EXPECT_EQ(count, 1u);
    ++expected;
  });
  EXPECT_EQ(expected, 128u);
  EXPECT_EQ(histogram.ValueAtQuantile(0), 0u);
  EXPECT_EQ(histogram.ValueAtQuantile(0.5), 63u);
  EXPECT_EQ(histogram.ValueAtQuantile(1), 127u);
  EXPECT_DOUBLE_EQ(histogram.Mean(), 63.5);
}

// Every value lies within the bounds of its bucket, bounds adjoin, and their width keeps the
// promised precision: checked around each power of two, where an error of one would show.
TEST(HistogramTest, BucketsHoldTheirValuesWithThePromisedPrecision) {
  for (int bits : {1, 2, 7, 11, 16}) {
    for (int power = 0; power <= Histogram::kValueBits; ++power) {
      const int64_t center = int64_t{1} << power;
      for (int64_t delta = -2; delta <= 2; ++delta) {
        if (center + delta < 0) continue;
        const uint64_t value = static_cast<uint64_t>(center + delta);
        if (value > Histogram::kMaxValue) continue;
        Histogram histogram(bits);
        histogram.Record(value);
        histogram.ForEachBucket([&](uint64_t low, uint64_t high, uint64_t) {
          EXPECT_LE(low, value);
          EXPECT_GE(high, value);
          const double error = static_cast<double>(high - low);
          EXPECT_LE(error, std::ldexp(static_cast<double>(value), 1 - bits)) << value;
        });
      }
    }
  }
}

TEST(HistogramTest, AdjacentBucketsLeaveNoGap) {
  Histogram histogram(4);
  for (uint64_t value = 0; value < 100'000; ++value) histogram.Record(value);
  uint64_t next = 0;
  histogram.ForEachBucket([&](uint64_t low, uint64_t high, uint64_t count) {
    EXPECT_EQ(low, next);
    if (high < 100'000) {
      EXPECT_EQ(count, high - low + 1);
    }
    next = high + 1;
  });
  EXPECT_GE(next, 100'000u);
}

TEST(HistogramTest, ClampsAboveTheRange) {
  Histogram histogram;
  histogram.Record(UINT64_MAX);
  EXPECT_EQ(histogram.Max(), Histogram::kMaxValue);
  EXPECT_EQ(histogram.ValueAtQuantile(1), Histogram::kMaxValue);
}

TEST(HistogramTest, QuantilesAgreeWithASort) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency(11, 1.5);
  Histogram histogram;
  std::vector<uint64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<uint64_t>(latency(random)));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const size_t rank = std::max<size_t>(1, std::ceil(q * values.size()));
    const uint64_t exact = values[rank - 1];
    EXPECT_GE(histogram.ValueAtQuantile(q), exact) << q;
    EXPECT_LE(histogram.ValueAtQuantile(q), exact + exact / 1000) << q;
  }
  EXPECT_EQ(histogram.Min(), values.front());
  EXPECT_EQ(histogram.Max(), values.back());
}

TEST(HistogramTest, MergesCopiesMovesAndResets) {
  Histogram one(7), two(7);
  one.Record(10, 3);
  two.Record(1'000'000);
  one.Merge(two);
  EXPECT_EQ(one.count(), 4u);
  EXPECT_EQ(one.Min(), 10u);
  EXPECT_EQ(one.Max(), 1'000'000u);
  EXPECT_DOUBLE_EQ(one.Mean(), 1'000'030 / 4.0);

  one.Merge(Histogram(7));
  EXPECT_EQ(one.Min(), 10u) << "an empty one must not pull the minimum to 0";

  Histogram copy(11);
  copy = one;
  EXPECT_EQ(copy.precision_bits(), 7);
  copy.Record(5);
  EXPECT_EQ(one.count(), 4u);
  EXPECT_EQ(copy.count(), 5u);

  const Histogram moved = std::move(copy);
  EXPECT_EQ(moved.count(), 5u);
  EXPECT_EQ(moved.Min(), 5u);

  one.Reset();
  EXPECT_EQ(one.count(), 0u);
  EXPECT_EQ(one.Min(), 0u);
  EXPECT_EQ(one.Max(), 0u);
}

TEST(HistogramTest, SubtractsWhatAnEarlierCopyHad) {
  Histogram histogram(7);
  histogram.Record(10, 3);
  histogram.Record(1'000'000);
  const Histogram earlier = histogram;
  histogram.Record(10);
  histogram.Record(500, 9);

  Histogram since = histogram;
  since.Subtract(earlier);
  EXPECT_EQ(since.count(), 10u);
  EXPECT_DOUBLE_EQ(since.Mean(), 451);
  EXPECT_EQ(since.Min(), 10u);
  EXPECT_GE(since.Max(), 500u);
  EXPECT_LE(since.Max(), 508u) << "the longest was recorded before";
  EXPECT_LE(since.ValueAtQuantile(0.1), 10u);
  EXPECT_GE(since.ValueAtQuantile(0.11), 500u);

  since.Subtract(since);
  EXPECT_EQ(since.count(), 0u);
  EXPECT_EQ(since.Min(), 0u);
  EXPECT_EQ(since.Max(), 0u);
}

// For ThreadSanitizer: readers and copies run beside the writer.
TEST(HistogramTest, IsReadWhileWritten) {
  constexpr uint64_t kRecords = 200'000;
  Histogram histogram(7);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    uint64_t last = 0;
    while (!done.load()) {
      const Histogram copy = histogram;
      EXPECT_GE(copy.count(), last);
      last = copy.count();
      histogram.ValueAtQuantile(0.99);
    }
  });
  for (uint64_t i = 0; i < kRecords; ++i) histogram.Record(i);
  done.store(true);
  reader.join();
  EXPECT_EQ(histogram.count(), kRecords);
}

}  // namespace
}  // namespace overtake
