#include "bench/load_class.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "bench/clock.h"

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
