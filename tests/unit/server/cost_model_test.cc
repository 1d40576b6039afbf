#include "server/cost_model.h"

#include <gtest/gtest.h>

#include <string>

namespace overtake {
namespace {

using Kind = CostModel::Kind;

class CostModelTest : public ::testing::Test {
 protected:
  static std::string Keys(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += " key" + std::to_string(1000 + i);
    return text;
  }
  static Request Get(const std::string& keys) {
    Request request;
    request.command = Command::kGet;
    request.keys = KeyList(keys);
    return request;
  }
  bool GetIsHeavy(int keys) const {
    const std::string text = Keys(keys);
    return costs_.IsHeavy(Get(text));
  }
  // For some seconds, multigets of 1,000 keys take `key_ns` a key.
  void LearnKeys(uint64_t key_ns) {
    for (int second = 0; second < 30; ++second) {
      for (int i = 0; i < 10; ++i) {
        costs_.Record(ExecutorId{i % 2}, Kind::kRetrieve, 1, 300 + key_ns);
        costs_.Record(ExecutorId{i % 2}, Kind::kRetrieve, 1000, 300 + 1000 * key_ns);
      }
      costs_.Learn();
    }
  }

  CostModel costs_{2, 50};
};

TEST_F(CostModelTest, BeforeAnythingIsKnown) {
  EXPECT_FALSE(GetIsHeavy(1));
  EXPECT_FALSE(GetIsHeavy(100));
  EXPECT_TRUE(GetIsHeavy(4000));
  Request set;
  set.command = Command::kSet;
  const std::string value(900'000, 'x');
  set.value = std::string_view(value).substr(0, 100'000);
  EXPECT_FALSE(costs_.IsHeavy(set));
  set.value = value;
  EXPECT_TRUE(costs_.IsHeavy(set));
  Request stats;
  stats.command = Command::kStats;
  EXPECT_TRUE(costs_.IsHeavy(stats));
  Request incr;
  incr.command = Command::kIncr;
  EXPECT_FALSE(costs_.IsHeavy(incr));
}

TEST_F(CostModelTest, KeysThatCostMoreMakeFewerOfThemHeavy) {
  LearnKeys(50);
  EXPECT_NEAR(static_cast<double>(costs_.max_light_units(Kind::kRetrieve)), 50'000 / 50, 30);
  EXPECT_FALSE(GetIsHeavy(800));
  EXPECT_TRUE(GetIsHeavy(1200));
  LearnKeys(500);
  EXPECT_NEAR(static_cast<double>(costs_.max_light_units(Kind::kRetrieve)), 50'000 / 500, 5);
  EXPECT_FALSE(GetIsHeavy(80));
  EXPECT_TRUE(GetIsHeavy(120));
}

// However slow it all seems to be, a small multiget is not worth a hand-over.
TEST_F(CostModelTest, TheLimitHasAFloor) {
  LearnKeys(1'000'000);
  EXPECT_FALSE(GetIsHeavy(15));
  EXPECT_TRUE(GetIsHeavy(20));
}

TEST_F(CostModelTest, CommandsWithoutUnitsAreHeavyByTheirMean) {
  Request stats;
  stats.command = Command::kStats;
  for (int second = 0; second < 30; ++second) {
    costs_.Record(ExecutorId{0}, Kind::kStats, 0, 20'000);
    costs_.Learn();
  }
  EXPECT_FALSE(costs_.IsHeavy(stats));
  for (int second = 0; second < 30; ++second) {
    costs_.Record(ExecutorId{1}, Kind::kStats, 0, 200'000);
    costs_.Learn();
  }
  EXPECT_TRUE(costs_.IsHeavy(stats));
}

TEST_F(CostModelTest, MeasuresOneOfManyAndEachLargeOne) {
  const std::string small = Keys(1);
  const std::string large = Keys(500);
  int measured = 0;
  for (int i = 0; i < 1280; ++i) measured += costs_.ShouldMeasure(ExecutorId{0}, Get(small));
  EXPECT_EQ(measured, 10);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(costs_.ShouldMeasure(ExecutorId{0}, Get(large)));
}

TEST(KeyList, EstimatesItsCount) {
  EXPECT_EQ(KeyList("").EstimateCount(), 0U);
  EXPECT_EQ(KeyList("a").EstimateCount(), 1U);
  std::string text = "key0";
  for (int i = 1; i < 1000; ++i) text += " key" + std::to_string(i % 10);
  EXPECT_NEAR(static_cast<double>(KeyList(text).EstimateCount()), 1000, 20);
}

}  // namespace
}  // namespace overtake
