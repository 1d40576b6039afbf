// Loads against a server: what they report when all goes well, and when it does not.
#include "bench/load/load_run.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/clock.h"
#include "bench/load/load_spec.h"
#include "bench/program_path.h"
#include "bench/server_process.h"

namespace overtake::bench {
namespace {

class LoadRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string binary = (OwnProgram().parent_path() / "overtake").string();
    auto server = ServerProcess::Start(
        {"overtake", {binary, "-p", "{port}", "-l", "127.0.0.1", "--enable-debug-commands"}},
        20'000 + getpid() % 10'000);
    ASSERT_TRUE(server.ok()) << server.status().message();
    server_ = *std::move(server);
  }

  LoadOptions Options(const std::vector<std::string>& specs, int64_t duration_ns) const {
    LoadOptions options;
    options.endpoint = server_->endpoint();
    for (const std::string& spec : specs) options.classes.push_back(*ParseLoadClass(spec));
    options.plan.duration_ns = duration_ns;
    return options;
  }

  std::unique_ptr<ServerProcess> server_;
};

absl::Status KeepOn(const LoadProgress&) { return absl::OkStatus(); }

const std::vector<std::string> kOfEachKind = {
    "g=get,rate=500,popularity=zipf:0.99,size=lognormal:100:1",
    "many=get,rate=20,keys=100,size=lognormal:100:1,space=g",
    "s=set,rate=100,size=lognormal:100:1,space=g,arrivals=uniform",
    "m=mg,rate=100,size=lognormal:100:1,space=g,spread=turns",
    "d=delete,rate=50,count=100",
    "after=get,rate=50,count=100,space=d",
    "spin=spin,rate=50,service=exp:20,arrivals=bursty:5:15",
    "sleep=sleep,rate=20,service=fixed:100"};

TEST_F(LoadRunTest, EveryRequestOfEveryKindIsAnsweredAsItShould) {
  const LoadOptions options = Options(kOfEachKind, kNsPerSecond / 2);
  ASSERT_TRUE(PreloadAll(options).ok());
  const LoadOutcome outcome = RunLoad(options, KeepOn);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.message();
  ASSERT_EQ(outcome.classes.size(), options.classes.size());
  for (const ClassResult& result : outcome.classes) {
    EXPECT_GT(result.planned, 0U) << result.load.name;
    EXPECT_EQ(result.latency.count(), result.planned) << result.load.name;
    EXPECT_EQ(result.lag.count(), result.planned) << result.load.name;
    EXPECT_EQ(result.unanswered, 0U) << result.load.name;
  }
  // No sooner than it was asked to.
  EXPECT_GE(outcome.classes.back().latency.Min(), 100U * kNsPerUs);
}

TEST_F(LoadRunTest, AClosedLoopKeepsItsDepth) {
  LoadOptions options = Options({"g=get,rate=100,connections=3"}, kNsPerSecond / 5);
  options.plan.pacing = Pacing::kClosed;
  options.plan.depth = 4;
  ASSERT_TRUE(PreloadAll(options).ok());
  const LoadOutcome outcome = RunLoad(options, KeepOn);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.message();
  // Faster than its rate, and each request is sent when it is due.
  EXPECT_GT(outcome.classes[0].latency.count(), 20U);
  EXPECT_EQ(outcome.classes[0].lag.Max(), 0U);
  EXPECT_EQ(outcome.classes[0].unanswered, 0U);
}

TEST_F(LoadRunTest, AServerThatDiesLeavesWhatWasMeasured) {
  const LoadOptions options =
      Options({"g=get,rate=1000", "slow=sleep,rate=20,service=fixed:1000"}, 60 * kNsPerSecond);
  ASSERT_TRUE(PreloadAll(options).ok());
  const LoadOutcome outcome = RunLoad(options, [&](const LoadProgress& progress) {
    if (progress.answered > 100) server_->Signal(SIGKILL);
    return absl::OkStatus();
  });
  EXPECT_FALSE(outcome.status.ok());
  ASSERT_EQ(outcome.classes.size(), 2U);
  EXPECT_GT(outcome.classes[0].latency.count(), 0U);
  EXPECT_LT(outcome.classes[0].latency.count(), outcome.classes[0].planned);
}

TEST_F(LoadRunTest, AWrongReplyEndsTheRun) {
  // Nothing was stored, so every get misses.
  const LoadOutcome outcome = RunLoad(Options({"g=get,rate=1000"}, 60 * kNsPerSecond), KeepOn);
  EXPECT_TRUE(absl::IsInternal(outcome.status)) << outcome.status.message();
  ASSERT_EQ(outcome.classes.size(), 1U);
  EXPECT_EQ(outcome.classes[0].latency.count(), 0U);
}

TEST_F(LoadRunTest, CanBeStopped) {
  const LoadOptions options = Options({"g=get,rate=1000"}, 60 * kNsPerSecond);
  ASSERT_TRUE(PreloadAll(options).ok());
  const LoadOutcome outcome =
      RunLoad(options, [](const LoadProgress&) { return absl::AbortedError("enough"); });
  EXPECT_TRUE(absl::IsAborted(outcome.status)) << outcome.status.message();
}

}  // namespace
}  // namespace overtake::bench
