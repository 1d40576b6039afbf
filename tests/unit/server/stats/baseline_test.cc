// What a reset takes away, and what not.

#include "server/stats/baseline.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace overtake {
namespace {

class BaselineTest : public ::testing::Test {
 protected:
  void FillSection(StatsSink* out) const {
    out->Counter("gets", gets_);
    out->Counter({"gets", {"thread", "1"}}, gets_of_thread_);
    out->Gauge("items", items_);
    out->Text("name", "a");
    out->Histogram("wait", {&waits_, 1, "us"});
  }
  void Reset(std::string_view section = "dispatch") {
    StatsSink out = baseline_.Reset(section);
    FillSection(&out);
  }
  // The numbers since the reset, by label and name; of the histogram, how many values.
  std::map<std::string, uint64_t> Since(std::string_view section = "dispatch") const {
    std::map<std::string, uint64_t> numbers;
    const StatsSink collect([&](const Stat& stat) {
      const std::string name = std::string(stat.name.label.value) + std::string(stat.name.text);
      if (const auto* number = std::get_if<uint64_t>(&stat.value)) numbers[name] = *number;
      if (const auto* histogram = std::get_if<StatHistogram>(&stat.value)) {
        numbers[name] = histogram->recorded->count();
      }
    });
    StatsSink out = baseline_.Since(section, &collect);
    FillSection(&out);
    return numbers;
  }
  using Numbers = std::map<std::string, uint64_t>;

  StatsBaseline baseline_;
  uint64_t gets_ = 5;
  uint64_t gets_of_thread_ = 3;
  uint64_t items_ = 7;
  Histogram waits_;
};

TEST_F(BaselineTest, WithoutAResetAllCounts) {
  waits_.Record(10, 4);
  EXPECT_EQ(Since(), (Numbers{{"gets", 5}, {"1gets", 3}, {"items", 7}, {"wait", 4}}));
}

TEST_F(BaselineTest, CountersAndHistogramsBeginAnew) {
  waits_.Record(10, 4);
  Reset();
  EXPECT_EQ(Since(), (Numbers{{"gets", 0}, {"1gets", 0}, {"items", 7}, {"wait", 0}}));
  gets_ = 12;
  gets_of_thread_ = 4;
  items_ = 2;
  waits_.Record(20, 3);
  EXPECT_EQ(Since(), (Numbers{{"gets", 7}, {"1gets", 1}, {"items", 2}, {"wait", 3}}));
  Reset();
  EXPECT_EQ(Since(), (Numbers{{"gets", 0}, {"1gets", 0}, {"items", 2}, {"wait", 0}}));
}

TEST_F(BaselineTest, AHistogramHasOnlyTheValuesSince) {
  waits_.Record(1'000'000);
  Reset();
  waits_.Record(100);
  uint64_t longest = 0;
  const StatsSink collect([&](const Stat& stat) {
    if (stat.kind == StatKind::kHistogram) {
      longest = std::get<StatHistogram>(stat.value).recorded->Max();
    }
  });
  StatsSink out = baseline_.Since("dispatch", &collect);
  FillSection(&out);
  EXPECT_EQ(longest, 100U);
  EXPECT_EQ(waits_.Max(), 1'000'000U) << "it is its thread's";
}

// A section was filled before a reset came, and is told after it.
TEST_F(BaselineTest, AResetInBetweenLeavesNothing) {
  gets_ = 9;
  Reset();
  gets_ = 5;
  EXPECT_EQ(Since().at("gets"), 0U);
}

TEST_F(BaselineTest, SectionsMayShareNames) {
  Reset("dispatch");
  EXPECT_EQ(Since("dispatch").at("gets"), 0U);
  EXPECT_EQ(Since("slabs").at("gets"), 5U);
}

TEST_F(BaselineTest, OnlyAResetWantsWhatIsNotShown) {
  EXPECT_TRUE(baseline_.Reset("").wants_empty()) << "what is counted of it comes to be shown";
  const StatsSink shows_all([](const Stat&) {}, true), shows_some([](const Stat&) {}, false);
  EXPECT_TRUE(baseline_.Since("", &shows_all).wants_empty());
  EXPECT_FALSE(baseline_.Since("", &shows_some).wants_empty());
}

}  // namespace
}  // namespace overtake
