#include "bench/load/load_class.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "bench/clock.h"
#include "bench/load/key_ring.h"
#include "bench/load/load_spec.h"
#include "bench/load/schedule.h"

namespace overtake::bench {
namespace {

const LoadClass kSmall{
    .name = "small", .rate = 1000, .connections = 4, .keys_per_request = 3, .key_count = 10};

TEST(ScheduleTest, IsDrawnFromItsSeedAlone) {
  const auto one = MakeSchedule(kSmall, kNsPerSecond, 1);
  const auto same = MakeSchedule(kSmall, kNsPerSecond, 1);
  const auto other = MakeSchedule(kSmall, kNsPerSecond, 2);
  ASSERT_EQ(one.size(), same.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].due_ns, same[i].due_ns);
    EXPECT_EQ(one[i].connection, same[i].connection);
    EXPECT_EQ(one[i].first_key, same[i].first_key);
  }
  EXPECT_NE(one.front().due_ns, other.front().due_ns);
}

TEST(ScheduleTest, IsAPoissonProcessOverAllConnections) {
  constexpr int kSeconds = 200;
  const auto schedule = MakeSchedule(kSmall, kSeconds * kNsPerSecond, 1);
  const double wanted = kSmall.rate * kSeconds;
  EXPECT_NEAR(static_cast<double>(schedule.size()), wanted, 5 * std::sqrt(wanted));
  int64_t last = 0;
  double squares = 0;
  std::vector<int> by_connection(4);
  for (const Arrival& arrival : schedule) {
    const double gap = static_cast<double>(arrival.due_ns - last) * kSmall.rate / kNsPerSecond;
    ASSERT_GE(gap, 0);
    squares += gap * gap;
    last = arrival.due_ns;
    ASSERT_LT(arrival.first_key, 10U);
    ++by_connection.at(arrival.connection);
  }
  // The mean square of exponential gaps is twice the square of their mean.
  EXPECT_NEAR(squares / static_cast<double>(schedule.size()), 2, 0.1);
  for (const int count : by_connection) EXPECT_NEAR(count, wanted / 4, 0.02 * wanted);
}

TEST(ScheduleTest, OfRateZeroIsEmpty) {
  EXPECT_TRUE(MakeSchedule({.name = "none"}, kNsPerSecond, 1).empty());
}

LoadClass Parsed(const std::string& spec) {
  const auto load = ParseLoadClass(spec);
  EXPECT_TRUE(load.ok()) << load.status().message();
  return load.value_or(LoadClass{});
}

TEST(ScheduleTest, AChangeOfOneThingLeavesTheOthersAsTheyAre) {
  const auto one = MakeSchedule(Parsed("a=get,rate=1000,popularity=zipf:1"), kNsPerSecond, 1);
  const auto other = MakeSchedule(Parsed("a=get,rate=1000,connections=3"), kNsPerSecond, 1);
  ASSERT_EQ(one.size(), other.size());
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].due_ns, other[i].due_ns);
}

TEST(ScheduleTest, UniformArrivalsHaveEqualGaps) {
  const auto schedule = MakeSchedule(Parsed("a=get,rate=1000,arrivals=uniform"), kNsPerSecond, 1);
  ASSERT_EQ(schedule.size(), 999U);
  for (size_t i = 0; i < schedule.size(); ++i) {
    EXPECT_EQ(schedule[i].due_ns, static_cast<int64_t>(i + 1) * kNsPerMs);
  }
}

TEST(ScheduleTest, BurstsFillTheirPhaseAndKeepTheRate) {
  constexpr int kSeconds = 100;
  const auto schedule =
      MakeSchedule(Parsed("a=get,rate=1000,arrivals=bursty:10:90"), kSeconds * kNsPerSecond, 1);
  std::vector<int> by_ms(100);
  for (const Arrival& arrival : schedule) {
    ++by_ms.at(static_cast<size_t>(arrival.due_ns / kNsPerMs % 100));
  }
  const double wanted = 1000.0 * kSeconds;
  EXPECT_NEAR(static_cast<double>(schedule.size()), wanted, 5 * std::sqrt(wanted));
  for (size_t ms = 0; ms < 100; ++ms) {
    if (ms < 10) {
      EXPECT_NEAR(by_ms[ms], wanted / 10, 5 * std::sqrt(wanted / 10)) << ms;
    } else {
      EXPECT_EQ(by_ms[ms], 0) << ms;
    }
  }
}

TEST(ScheduleTest, ConnectionsTakeTurnsOrAreUnequal) {
  const auto turns =
      MakeSchedule(Parsed("a=get,rate=1000,connections=4,spread=turns"), kNsPerSecond, 1);
  for (size_t i = 0; i < turns.size(); ++i) ASSERT_EQ(turns[i].connection, i % 4);

  const auto skewed =
      MakeSchedule(Parsed("a=get,rate=1000,connections=4,spread=zipf:1"), 100 * kNsPerSecond, 1);
  std::vector<double> share(4);
  for (const Arrival& arrival : skewed) {
    share.at(arrival.connection) += 1.0 / static_cast<double>(skewed.size());
  }
  const double whole = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4;
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(share[i], 1.0 / (i + 1) / whole, 0.01);
}

TEST(ScheduleTest, ServiceTimesFollowTheirDistribution) {
  const auto schedule =
      MakeSchedule(Parsed("a=spin,rate=1000,service=exp:200"), 200 * kNsPerSecond, 1);
  double sum = 0;
  for (const Arrival& arrival : schedule) sum += arrival.micros;
  const auto count = static_cast<double>(schedule.size());
  EXPECT_NEAR(sum / count, 200, 5 * 200 / std::sqrt(count));
}

TEST(KeyRingTest, ClassesOfASpaceHaveKeysSizesAndPopularityInCommon) {
  const KeyRing gets(Parsed("a=get,space=s,count=50,size=lognormal:100:1,keys=5"), 7);
  const KeyRing sets(Parsed("b=set,space=s,count=50,size=lognormal:100:1"), 7);
  const KeyRing others(Parsed("s2=set,count=50,size=lognormal:100:1"), 7);
  std::set<uint64_t> sizes;
  uint64_t of_five = 0;
  for (size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(gets.Key(i), sets.Key(i));
    EXPECT_NE(gets.Key(i), others.Key(i));
    EXPECT_EQ(gets.ValueBytes(i, 1), sets.ValueBytes(i, 1));
    EXPECT_LE(sets.ValueBytes(i, 1), sets.max_value_bytes());
    sizes.insert(sets.ValueBytes(i, 1));
    if (i < 5) of_five += sets.ValueBytes(i, 1);
  }
  EXPECT_GT(sizes.size(), 30U);
  EXPECT_EQ(gets.ValueBytes(0, 5), of_five);
  EXPECT_EQ(gets.ValueBytes(49, 2), sets.ValueBytes(49, 1) + sets.ValueBytes(0, 1));
}

TEST(KeyRingTest, GivesDifferentKeysFromAnyPosition) {
  const KeyRing ring(kSmall, 1);
  std::set<std::string> all;
  for (size_t first = 0; first < 10; ++first) {
    const absl::string_view text = ring.Keys(first, 3);
    ASSERT_EQ(text.front(), ' ');
    const std::vector<std::string> keys = absl::StrSplit(text.substr(1), ' ');
    ASSERT_EQ(keys.size(), 3U);
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 3U);
    EXPECT_EQ(keys[0], ring.Key(first));
    EXPECT_EQ(keys[2], ring.Key((first + 2) % 10));
    all.insert(keys[0]);
  }
  EXPECT_EQ(all.size(), 10U);
}

}  // namespace
}  // namespace overtake::bench
