// What the simulated architectures do, and what `overtake-bench simulate` accepts.

#include "bench/modes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/command.h"
#include "bench/simulate/costs_json.h"
#include "bench/simulate/prediction.h"
#include "bench/simulate/simulation.h"
#include "bench/simulate/study.h"
#include "bench/simulate/workload.h"
#include "dispatch/architecture.h"

namespace overtake::bench::simulate {
namespace {

Options Machine(std::string_view name, int cores) {
  const NamedMode mode = *FindMode(name);
  Options options;
  options.mode = mode.mode;
  options.policy = mode.policy;
  options.cores = cores;
  const ThreadCounts counts = DefaultThreads(mode.mode, cores);
  options.threads = counts.threads;
  options.workers = counts.workers;
  options.requests = 60'000;
  return options;
}

// Light requests beside heavy ones, `load` of what the cores could do.
Options Mixed(std::string_view mode, int cores, double load) {
  Options options = Machine(mode, cores);
  const Workload workload;
  const double light = LightRateAt(load, cores, workload, options.costs);
  options.loads = MakeLoads(workload, options.costs, light, light * workload.heavy_per_light,
                            32 * cores, 4 * cores);
  return options;
}

double P99Us(const Result& result, size_t load = 0) {
  return static_cast<double>(result.loads[load].latency_ns.ValueAtQuantile(0.99)) / 1000;
}

// So many light requests a second as a mode serves when all its connections always want one.
double Saturation(Options options) {
  options.loads = MakeLoads(Workload(), options.costs, 0, 0, 32 * options.cores, 0);
  options.closed_loop = true;
  return Simulate(options).answered_per_second;
}

TEST(SimulationTest, EveryModeAnswersEveryRequest) {
  for (const std::string& mode : ModeNames()) {
    for (const int cores : {1, 2, 5}) {
      for (const Clients clients : {Clients::kElsewhere, Clients::kSameCores}) {
        Options options = Mixed(mode, cores, 0.1);
        options.warmup = 0;
        options.clients = clients;
        const Result result = Simulate(options);
        EXPECT_EQ(result.loads[0].latency_ns.count() + result.loads[1].latency_ns.count(),
                  options.requests)
            << mode << ", " << cores << " cores";
      }
    }
  }
}

TEST(SimulationTest, DependsOnItsSeedAlone) {
  for (const std::string& mode : ModeNames()) {
    Options options = Mixed(mode, 4, 0.1);
    const double once = Simulate(options).loads[0].response_us.Mean();
    EXPECT_EQ(Simulate(options).loads[0].response_us.Mean(), once) << mode;
    options.seed = 2;
    EXPECT_NE(Simulate(options).loads[0].response_us.Mean(), once) << mode;
  }
}

TEST(SimulationTest, ConnectionsHaveOneRequestUnderWayAtATime) {
  // One connection keeps one worker of many busy, so its load must be below that of one.
  Options options = Machine("ramcloud", 8);
  options.costs = Costs::None();
  options.loads.emplace_back();
  options.loads[0].per_second = 150'000;
  options.loads[0].execution = ServiceTime::Fixed(10);
  options.loads[0].connections = 1;
  EXPECT_TRUE(Simulate(options).saturated());
  options.loads[0].connections = 64;
  EXPECT_FALSE(Simulate(options).saturated());
}

TEST(ModesTest, ShortRequestsWaitBehindLongOnesOnlyWhereNobodyElseCanServeThem) {
  constexpr int kCores = 16;
  constexpr double kLoad = 0.1;  // a single dispatch thread can do it
  const double execution_us = 4'000 * Costs().execute_key_us;
  for (const char* mode : {"node", "memcached", "reuseport"}) {
    EXPECT_GT(P99Us(Simulate(Mixed(mode, kCores, kLoad))), execution_us / 2) << mode;
  }
  for (const char* mode : {"ramcloud", "nginx", "overtake"}) {
    EXPECT_LT(P99Us(Simulate(Mixed(mode, kCores, kLoad))), execution_us / 2) << mode;
  }
}

TEST(ModesTest, NginxWithoutWorkersIsMemcached) {
  Options nginx = Mixed("nginx", 4, 0.3);
  nginx.workers = 0;
  EXPECT_EQ(Simulate(nginx).loads[0].response_us.Mean(),
            Simulate(Mixed("memcached", 4, 0.3)).loads[0].response_us.Mean());
}

TEST(ModesTest, ReuseportIsAsBusyAsItsUnluckiestThread) {
  EXPECT_GT(Simulate(Mixed("reuseport", 16, 0.3)).busiest_share,
            1.1 * Simulate(Mixed("memcached", 16, 0.3)).busiest_share);
}

TEST(ModesTest, SaturationIsWhatTheBusiestThreadCanDo) {
  const Load light = MakeLoads(Workload(), Costs(), 1, 0, 1, 0)[0];
  const double turn_us = CoreTimeUs(light, Costs());
  EXPECT_NEAR(Saturation(Machine("node", 8)) * turn_us / 1e6, 1, 0.01);
  for (const char* mode : {"memcached", "overtake"}) {
    EXPECT_NEAR(Saturation(Machine(mode, 8)) * turn_us / 1e6, 8, 0.1) << mode;
  }
  // All but execution is the dispatch thread's, and the hand-over.
  const double dispatch_us = turn_us - Costs().execute_us + Costs().hand_over_us;
  for (const int cores : {8, 32}) {
    const double reached = Saturation(Machine("ramcloud", cores)) * dispatch_us / 1e6;
    EXPECT_LE(reached, 1.001) << cores;
    EXPECT_GT(reached, 0.7) << cores;  // the rest of its time it wakes workers
  }
}

TEST(ModesTest, OvertakeTakesTheCoreFromHeavyRequests) {
  // A single core: whoever cannot interrupt the heavy request waits for it.
  Options options = Mixed("overtake", 1, 0.5);
  const double overtake = P99Us(Simulate(options));
  options.mode = Mode::kNode;
  EXPECT_LT(overtake, P99Us(Simulate(options)) / 4);
}

TEST(PoliciesTest, WorkersKeptForLightRequestsServeThem) {
  // More heavy work than all workers can do.
  const auto p99 = [](const char* mode) {
    Options options = Machine(mode, 8);
    Workload workload;
    options.loads = MakeLoads(workload, options.costs, 20'000, 15'000, 256, 256);
    options.requests = 20'000;
    return P99Us(Simulate(options));
  };
  const double fcfs = p99("ramcloud");
  EXPECT_LT(p99("ramcloud-reserve"), fcfs / 10);
  EXPECT_LT(p99("ramcloud-size"), fcfs / 10);
}

TEST(PoliciesTest, KeepAsManyWorkersAsTheServerDoes) {
  // Of how many workers' time heavy requests get when they always want it.
  const auto heavy_workers = [](Policy policy, int workers) {
    Options options = Machine("ramcloud", workers + 1);
    options.costs = Costs::None();
    options.policy = policy;
    options.workers = workers;
    options.loads.emplace_back();
    options.loads[0].heavy = true;
    options.loads[0].execution = ServiceTime::Fixed(100);
    options.loads[0].connections = 4 * workers;
    options.closed_loop = true;
    options.requests = 5'000;
    return std::round(Simulate(options).answered_per_second * 100 / 1e6);
  };
  for (const int workers : {2, 4, 7, 16}) {
    const int kept = std::max(1, workers / 4);
    EXPECT_EQ(heavy_workers(Policy::kFcfs, workers), workers);
    EXPECT_EQ(heavy_workers(Policy::kReserve, workers), workers - kept);
    EXPECT_EQ(heavy_workers(Policy::kSize, workers), kept);
  }
  for (const Policy policy : {Policy::kFcfs, Policy::kReserve, Policy::kSize}) {
    EXPECT_EQ(heavy_workers(policy, 1), 1);
  }
}

TEST(ModesTest, AreThoseOfTheServer) {
  EXPECT_EQ(FindMode("ramcloud-size")->policy, Policy::kSize);
  for (const ArchitectureInfo& info : Architectures()) {
    EXPECT_EQ(FindMode(info.name)->mode, info.mode) << info.name;
  }
  const absl::Status unknown = FindMode("quickest").status();
  EXPECT_TRUE(absl::IsInvalidArgument(unknown));
  EXPECT_NE(unknown.message().find("quickest"), std::string::npos) << unknown;
}

TEST(StudyTest, FindsWhereOneDispatchThreadIsTheBottleneck) {
  StudyOptions options;
  options.modes = {*FindMode("memcached"), *FindMode("ramcloud")};
  options.cores = {8};
  options.loads = {0.1, 0.9};
  options.saturation_cores = {1, 2, 4, 8, 16};
  options.requests = 30'000;
  int steps = 0;
  const Study study = RunStudy(
      options, [&](const std::string&) { ++steps; }, [] {});
  EXPECT_EQ(steps, StudySteps(options));
  EXPECT_TRUE(study.Find("ramcloud", 8, 0.9)->saturated);
  EXPECT_FALSE(study.Find("memcached", 8, 0.9)->saturated);
  EXPECT_EQ(SaturatesAt(study, options, "memcached"), 0);
  EXPECT_GT(SaturatesAt(study, options, "ramcloud"), 1);
  EXPECT_GT(study.Find("ramcloud", 16)->dispatcher_share, 0.95);
  const nlohmann::json json = ToJson(study, options);
  EXPECT_EQ(json["loads"].size(), 4U);
  EXPECT_EQ(json["saturation"].size(), 10U);
  EXPECT_NE(ToTable(study, options).find("ramcloud"), std::string::npos);
}

TEST(CostsTest, AreReadAndRefusedByName) {
  Costs costs;
  EXPECT_TRUE(SetCost("read_us=3.5", &costs).ok());
  EXPECT_EQ(costs.read_us, 3.5);
  for (const char* text : {"read_us", "read_us=", "read_us=-1", "read_us=nan", "portion_kb=0",
                           "urgent_slice_us=0", "colour=3", "=3", ""}) {
    EXPECT_FALSE(SetCost(text, &costs).ok()) << text;
  }
  Costs copy = Costs::None();
  EXPECT_TRUE(ReadCosts(ToJson(costs), &copy).ok());
  EXPECT_EQ(ToJson(copy), ToJson(costs));
  EXPECT_FALSE(ReadCosts({{"read_us", "three"}}, &copy).ok());
  EXPECT_FALSE(ReadCosts({{"read", 3}}, &copy).ok());
  EXPECT_FALSE(ReadCosts(nlohmann::json::array(), &copy).ok());
}

TEST(CostsTest, AreTakenFromMeasurements) {
  const auto micro = [](const char* name, double ns) {
    return nlohmann::json{{"run_name", name},
                          {"run_type", "iteration"},
                          {"real_time", ns},
                          {"cpu_time", ns},
                          {"time_unit", "ns"}};
  };
  Costs costs;
  ASSERT_TRUE(ReadCosts({{"benchmarks",
                          {micro("BM_Send/128/manual_time", 3'000),
                           micro("BM_Send/65536/manual_time", 9'400), micro("BM_ExecuteGet/1", 250),
                           micro("BM_ExecuteGet/4000", 800'000),
                           micro("BM_RoundTripByReader/real_time", 50'000),
                           micro("BM_RoundTripBySleepingWorker/real_time", 90'000)}}},
                        &costs)
                  .ok());
  EXPECT_DOUBLE_EQ(costs.send_us, 3);
  EXPECT_DOUBLE_EQ(costs.send_kb_us, 0.1);
  EXPECT_DOUBLE_EQ(costs.execute_key_us, 0.2);
  EXPECT_DOUBLE_EQ(costs.wake_latency_us, 20);
  const auto cpu = [](const char* server, int depth, double us) {
    return nlohmann::json{{"server", server}, {"depth", depth}, {"cpu_us_per_request", us}};
  };
  ASSERT_TRUE(ReadCosts({{"runs",
                          {cpu("memcached", 1, 6), cpu("memcached", 1, 7), cpu("memcached", 1, 9),
                           cpu("memcached", 16, 1), cpu("ramcloud", 1, 10)}}},
                        &costs)
                  .ok());
  EXPECT_DOUBLE_EQ(costs.read_us, 7 - 3 - 0.25);
  EXPECT_DOUBLE_EQ(costs.wake_us, (10 - 7 - costs.hand_over_us - costs.give_back_us) / 2);
  EXPECT_FALSE(ReadCosts({{"runs", nlohmann::json::array()}}, &costs).ok());
  EXPECT_FALSE(ReadCosts({{"benchmarks", nlohmann::json::array()}}, &costs).ok());
}

class PredictionTest : public testing::Test {
 protected:
  absl::StatusOr<MeasuredStudy> Read(const nlohmann::json& json) {
    std::ofstream(path_) << json;
    return MeasuredStudy::Read(path_);
  }
  // Tests may run at the same time.
  const std::string path_ =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  const nlohmann::json light_ = {{"p50_us", {{"median", 80.0}, {"min", 70.0}, {"max", 90.0}}},
                                 {"p99_us", {{"median", 1'000.0}, {"min", 1.0}, {"max", 1e6}}}};
  nlohmann::json json_ = {
      {"plan",
       {{"machine", {{"cores", 2}}},
        {"threads", 2},
        {"servers", {{{"name", "stock"}}, {{"name", "memcached"}}}}}},
      {"scenarios",
       {{{"name", "multigets"},
         {"points",
          {{{"classes",
             {"light=get,rate=5000,connections=64",
              "heavy=get,rate=100,keys=4000,"
              "count=8000,connections=8"}},
            {"servers", {{{"name", "memcached"}, {"classes", {{"light", light_}}}}}}}}}}}}};
};

TEST_F(PredictionTest, StandsBesideWhatWasMeasured) {
  const auto measured = Read(json_);
  ASSERT_TRUE(measured.ok()) << measured.status();
  ASSERT_EQ(measured->modes().size(), 1U);
  EXPECT_EQ(measured->modes()[0].name, "memcached");
  const auto predictions = measured->Predict(measured->modes()[0], Costs(), 20'000, 1, [] {});
  ASSERT_EQ(predictions.size(), 1U);
  EXPECT_TRUE(predictions[0].with_heavy);
  EXPECT_EQ(predictions[0].load, "light");
  EXPECT_GT(predictions[0].p99_us, predictions[0].p50_us);
  EXPECT_DOUBLE_EQ(predictions[0].Error(), predictions[0].p99_us / 1'000 - 1);
  EXPECT_TRUE(predictions[0].WithinSpread());
}

TEST_F(PredictionTest, RefusesWhatIsNoComparison) {
  EXPECT_FALSE(MeasuredStudy::Read("/nonexistent").ok());
  EXPECT_FALSE(Read(nlohmann::json::array()).ok());
  for (const char* part : {"/plan/machine", "/plan/threads", "/scenarios"}) {
    nlohmann::json json = json_;
    const nlohmann::json::json_pointer pointer(part);
    json.at(pointer.parent_pointer()).erase(pointer.back());
    EXPECT_FALSE(Read(json).ok()) << part;
  }
  nlohmann::json json = json_;
  json["plan"]["threads"] = 1'000'000'000;
  EXPECT_FALSE(Read(json).ok());
  json["plan"]["threads"] = "two";
  EXPECT_FALSE(Read(json).ok());
  json = json_;
  json["plan"]["servers"][1]["name"] = "quickest";
  const absl::Status unknown = Read(json).status();
  EXPECT_NE(unknown.message().find("quickest"), std::string::npos) << unknown;
}

// Whether the command's flags are refused, and with what.
std::string Refusal(std::vector<std::string> arguments) {
  CLI::App app;
  absl::Status outcome;
  AddSimulateCommand(app, &outcome);
  arguments.insert(arguments.begin(), "simulate");
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return std::string(outcome.message());
}

TEST(CommandTest, RefusesNonsenseWithWhatIsAllowed) {
  EXPECT_NE(Refusal({"--loads=3"}).find("0.001"), std::string::npos);
  EXPECT_NE(Refusal({"--cores=0"}).find("1024"), std::string::npos);
  EXPECT_NE(Refusal({"--requests=10"}).find("1000"), std::string::npos);
  EXPECT_NE(Refusal({"--modes=quickest"}).find("ramcloud-size"), std::string::npos);
  EXPECT_NE(Refusal({"--light-service=fixed"}).find("bimodal:SHARE:SHORT:LONG"), std::string::npos);
  EXPECT_NE(Refusal({"--arrivals=never"}).find("poisson"), std::string::npos);
  EXPECT_NE(Refusal({"--cost=read_us=-3"}).find("from 0 to"), std::string::npos);
  EXPECT_NE(Refusal({"--workers=0", "--modes=ramcloud"}).find("at least 1"), std::string::npos);
  EXPECT_FALSE(Refusal({"--validate", "--measured=x"}).empty());
  EXPECT_FALSE(Refusal({"--costs=/nonexistent"}).empty());
}

}  // namespace
}  // namespace overtake::bench::simulate
