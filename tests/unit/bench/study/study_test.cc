#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/load_spec.h"
#include "bench/study/scenarios.h"
#include "bench/study/study_plan.h"
#include "bench/study/study_report.h"
#include "bench/study/study_run.h"
#include "bench/study/study_store.h"

namespace overtake::bench {
namespace {

class StudyTest : public ::testing::Test {
 protected:
  StudyTest() { std::filesystem::remove_all(folder_); }
  ~StudyTest() override { std::filesystem::remove_all(folder_); }

  // A run of `light` in which all requests took `us`.
  static StudyRun RunOf(const std::string& server, int round, uint64_t us) {
    ClassResult result;
    result.load = *ParseLoadClass("light=get");
    result.measured_ns = 1'000'000'000;
    for (int i = 0; i < 1000; ++i) result.Record(0, 0, 0, static_cast<int64_t>(1000 * us));
    StudyRun run;
    run.scenario = "light";
    run.server = server;
    run.round = round;
    run.SetClasses({result});
    return run;
  }

  const std::string folder_ = ::testing::TempDir() + "overtake-study-" +
                              ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const nlohmann::json plan_ = {{"seed", 1}};
};

TEST_F(StudyTest, GoesOnWhereItWasInterrupted) {
  {
    auto store = StudyStore::Open(folder_, plan_);
    ASSERT_TRUE(store.ok()) << store.status().message();
    ASSERT_TRUE(store->Add(RunOf("node", 0, 100)).ok());
    EXPECT_TRUE(store->IsFinished(RunOf("node", 0, 1)));
    EXPECT_FALSE(store->IsFinished(RunOf("node", 1, 1)));
    EXPECT_FALSE(store->IsFinished(RunOf("stock", 0, 1)));
  }
  // What was being written when it was.
  std::ofstream(folder_ + "/runs/light.node.1.json.new") << "{\"scen";
  const auto again = StudyStore::Open(folder_, plan_);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(again->finished().size(), 1U);
  EXPECT_TRUE(again->IsFinished(RunOf("node", 0, 1)));
}

TEST_F(StudyTest, DoesNotMixWithAnotherPlan) {
  ASSERT_TRUE(StudyStore::Open(folder_, plan_).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(StudyStore::Open(folder_, {{"seed", 2}}).status()));
}

TEST_F(StudyTest, RefusesWhatIsNoRun) {
  ASSERT_TRUE(StudyStore::Open(folder_, plan_).ok());
  std::ofstream(folder_ + "/runs/light.node.0.json") << "{\"scenario\": 5}";
  EXPECT_TRUE(absl::IsInvalidArgument(StudyStore::Open(folder_, plan_).status()));
}

TEST_F(StudyTest, ReportsMediansAndSpreads) {
  auto store = StudyStore::Open(folder_, plan_);
  ASSERT_TRUE(store.ok());
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(store->Add(RunOf("stock", round, 100 + 10 * static_cast<uint64_t>(round))).ok());
  }
  std::vector<Scenario> scenarios = StudyScenarios(/*quick=*/true);
  scenarios.resize(1);
  const nlohmann::json json = StudyReport(&scenarios, &store->finished()).Json();
  const nlohmann::json server = json["scenarios"][0]["points"][0]["servers"][0];
  EXPECT_EQ(server["name"], "stock");
  EXPECT_EQ(server["rounds"], 3);
  const nlohmann::json light = server["classes"]["light"];
  EXPECT_NEAR(light["p99_us"]["median"].get<double>(), 110, 0.2);
  EXPECT_NEAR(light["p99_us"]["min"].get<double>(), 100, 0.2);
  EXPECT_NEAR(light["p99_us"]["max"].get<double>(), 120, 0.2);
  EXPECT_EQ(light["requests_per_second"]["median"], 1000);
  EXPECT_EQ(light["invalid"], 0);
  ASSERT_FALSE(light["curve"].empty());
  EXPECT_EQ(light["curve"][0][0], 0);
  EXPECT_NEAR(light["curve"][0][1].get<double>(), 110, 0.2);
}

TEST_F(StudyTest, PlansWhatIsLeftInInterleavedRounds) {
  auto store = StudyStore::Open(folder_, plan_);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(store->Add(RunOf("stock", 0, 100)).ok());
  StudyPlan plan;
  for (const char* name : {"echo", "stock", "node"})
    plan.servers.push_back({.name = name, .argv = {}});
  plan.rounds = 2;
  for (Scenario& scenario : StudyScenarios(/*quick=*/true)) {
    if (scenario.name == "light" || scenario.name == "multigets" || scenario.name == "bimodal") {
      plan.scenarios.push_back(std::move(scenario));
    }
  }
  std::vector<std::string> keys;
  for (const StudyStep& step : plan.StepsLeft(*store)) keys.push_back(step.Empty().Key());
  // The floor has no multigets, and only overtake spins.
  EXPECT_EQ(keys, (std::vector<std::string>{"light.echo.0", "light.node.0", "multigets.stock.0",
                                            "multigets.node.0", "bimodal.node.0", "light.stock.1",
                                            "light.node.1", "light.echo.1", "multigets.stock.1",
                                            "multigets.node.1", "bimodal.node.1"}));
}

TEST(ScenariosTest, HeadOfLineBlockingIsShownWithAnyLoads) {
  const auto both = HeadOfLineScenarios(LightClass(7), HeavyClass(3, 1'000, 50));
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1].title, "Light gets beside multigets of 1,000 keys");
  EXPECT_EQ(both[1].points[0].classes[1].rate, 3);
  EXPECT_EQ(HeadOfLineScenarios(LightClass(7), HeavyClass(0, 1'000, 50)).size(), 1U);
}

TEST(ScenariosTest, HaveTheClassTheyCompare) {
  for (const bool quick : {false, true}) {
    for (const Scenario& scenario : StudyScenarios(quick)) {
      ASSERT_FALSE(scenario.points.empty()) << scenario.name;
      for (const StudyPoint& point : scenario.points) {
        int compared = 0;
        for (const LoadClass& load : point.classes) compared += load.name == scenario.compared;
        EXPECT_EQ(compared, 1) << scenario.name;
      }
    }
  }
}

}  // namespace
}  // namespace overtake::bench
