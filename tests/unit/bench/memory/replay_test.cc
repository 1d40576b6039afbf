#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/memory/replayer.h"
#include "bench/memory/server_stats.h"
#include "bench/memory/workload.h"
#include "bench/servers.h"
#include "tests/unit/client/fake_server.h"

namespace overtake::bench {
namespace {

using client::FakePeer;
using client::FakeServer;
using Op = TraceRequest::Op;

// Gives the requests of a list, then ends or fails.
class ListSource : public RequestSource {
 public:
  explicit ListSource(std::vector<TraceRequest> requests, absl::Status end = absl::OkStatus())
      : requests_(std::move(requests)), end_(std::move(end)) {}

  absl::StatusOr<bool> Next(TraceRequest* request) override {
    if (at_ == requests_.size()) return end_.ok() ? absl::StatusOr<bool>(false) : end_;
    *request = requests_[at_++];
    return true;
  }

 private:
  const std::vector<TraceRequest> requests_;
  const absl::Status end_;
  size_t at_ = 0;
};

// Plays a cache to one connection, and notes what it is asked.
struct FakeCache {
  std::map<std::string, std::string> items;
  std::vector<std::string> lines;  // of requests, without what follows the key of a set
  bool refuse_sets = false;
  size_t close_after = SIZE_MAX;  // lines
  size_t silent_after = SIZE_MAX;
  std::string damage;  // the key whose value it gets wrong

  void Play(FakePeer& peer) {
    while (true) {
      std::string line;
      while (!absl::EndsWith(line, "\r\n")) {
        const std::string next = peer.Read(1);
        if (next.empty()) return;
        line += next;
      }
      line.resize(line.size() - 2);
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      if (lines.size() >= close_after) return peer.Close();
      Answer(peer, words);
    }
  }

  void Answer(FakePeer& peer, const std::vector<std::string>& words) {
    std::string reply;
    if (words[0] == "set") {
      lines.push_back(absl::StrCat("set ", words[1]));
      std::string value = peer.Read(std::stoul(words[4]) + 2);
      value.resize(value.size() - 2);
      if (!refuse_sets) items[words[1]] = value;
      reply = refuse_sets ? "SERVER_ERROR out of memory storing object\r\n" : "STORED\r\n";
    } else if (words[0] == "delete") {
      lines.push_back(absl::StrCat("delete ", words[1]));
      reply = items.erase(words[1]) > 0 ? "DELETED\r\n" : "NOT_FOUND\r\n";
    } else {
      for (size_t i = 1; i < words.size(); ++i) {
        lines.push_back(absl::StrCat("get ", words[i]));
        const auto item = items.find(words[i]);
        if (item == items.end()) continue;
        std::string value = item->second;
        if (words[i] == damage) value.back() ^= 1;
        absl::StrAppend(&reply, "VALUE ", words[i], " 0 ", value.size(), "\r\n", value, "\r\n");
      }
      absl::StrAppend(&reply, "END\r\n");
    }
    if (lines.size() < silent_after) peer.Send(reply);
  }
};

TraceRequest Get(std::string key) { return {.key = std::move(key), .value_bytes = 20}; }
TraceRequest Set(std::string key) {
  return {.op = Op::kSet, .key = std::move(key), .value_bytes = 30};
}
TraceRequest Delete(std::string key) { return {.op = Op::kDelete, .key = std::move(key)}; }

struct Outcome {
  absl::Status status;
  ReplayResult result;
};

Outcome Play(FakeCache& cache, RequestSource& source, int depth = 100) {
  Outcome outcome;
  FakeServer server([&cache](FakePeer& peer) { cache.Play(peer); });
  const ReplayOptions options{
      .endpoint = {.port = server.port()}, .connections = 1, .depth = depth, .timeout_s = 0.5};
  outcome.status = Replay(
      options, source, [](const ReplayResult&) { return absl::OkStatus(); }, &outcome.result);
  return outcome;
}

Outcome Play(FakeCache& cache, std::vector<TraceRequest> requests, int depth = 100) {
  ListSource source(std::move(requests));
  return Play(cache, source, depth);
}

TEST(ReplayTest, SetsWhatItMisses) {
  for (const int depth : {1, 2, 3, 100}) {
    FakeCache cache;
    const Outcome outcome = Play(cache, {Get("a"), Get("a"), Get("b"), Get("a"), Get("b")}, depth);
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    const ReplayCounts& counts = outcome.result.counts;
    EXPECT_EQ(counts.requests, 5U) << depth;
    EXPECT_EQ(counts.gets, 5U);
    EXPECT_EQ(counts.hits, 3U) << depth;
    EXPECT_DOUBLE_EQ(counts.HitRatio(), 0.6);
    EXPECT_EQ(counts.sets, 2U);
    EXPECT_EQ(counts.refused, 0U);
    EXPECT_EQ(cache.items.size(), 2U);
  }
}

TEST(ReplayTest, KeepsTheOrderOfAKeysRequests) {
  for (const int depth : {1, 2, 3, 4, 5, 6, 100}) {
    FakeCache cache;
    const Outcome outcome = Play(
        cache, {Set("a"), Get("a"), Delete("a"), Get("x"), Get("x"), Set("x"), Delete("x")}, depth);
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    const ReplayCounts& counts = outcome.result.counts;
    EXPECT_EQ(counts.requests, 7U) << depth;
    EXPECT_EQ(counts.hits, 2U) << depth;  // the get of a and the second one of x
    EXPECT_EQ(counts.sets, 3U);
    EXPECT_EQ(counts.deletes, 2U);
    EXPECT_TRUE(cache.items.empty()) << depth;
  }
}

TEST(ReplayTest, DoesNotFillWhatHasNoSize) {
  FakeCache cache;
  TraceRequest unknown = Get("a");
  unknown.fill = false;
  const Outcome outcome = Play(cache, {unknown, unknown, Get("b")}, 1);
  EXPECT_EQ(outcome.result.counts.gets, 3U);
  EXPECT_EQ(outcome.result.counts.sets, 1U);
  EXPECT_EQ(cache.items.count("a"), 0U);
}

TEST(ReplayTest, CountsRefusedSets) {
  FakeCache cache;
  cache.refuse_sets = true;
  const Outcome outcome = Play(cache, {Get("a"), Set("b"), Get("c")});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.result.counts.sets, 3U);
  EXPECT_EQ(outcome.result.counts.refused, 3U);
  EXPECT_EQ(outcome.result.counts.hits, 0U);
}

TEST(ReplayTest, FindsAWrongValue) {
  FakeCache cache;
  cache.damage = "b";
  const Outcome outcome = Play(cache, {Get("a"), Get("b"), Get("a"), Get("b")}, 1);
  EXPECT_TRUE(absl::IsDataLoss(outcome.status)) << outcome.status;
  EXPECT_TRUE(absl::StrContains(outcome.status.message(), "value of b,")) << outcome.status;
}

TEST(ReplayTest, EndsWithTheServerAndKeepsWhatItMeasured) {
  std::vector<TraceRequest> requests;
  for (int i = 0; i < 1000; ++i) requests.push_back(Get(absl::StrCat("key", i)));
  FakeCache closing;
  closing.close_after = 500;
  Outcome outcome = Play(closing, requests, 10);
  EXPECT_TRUE(absl::IsUnavailable(outcome.status)) << outcome.status;
  EXPECT_GT(outcome.result.counts.requests, 200U);
  EXPECT_LT(outcome.result.counts.requests, 300U);

  FakeCache silent;
  silent.silent_after = 500;
  outcome = Play(silent, requests, 10);
  EXPECT_TRUE(absl::IsDeadlineExceeded(outcome.status)) << outcome.status;
  EXPECT_GT(outcome.result.counts.requests, 200U);
}

TEST(ReplayTest, SendsWhatPrecedesAnErrorOfItsSource) {
  FakeCache cache;
  ListSource source({Get("a"), Get("b"), Get("a")}, absl::InvalidArgumentError("line 4"));
  const Outcome outcome = Play(cache, source);
  EXPECT_EQ(outcome.status.message(), "line 4");
  EXPECT_EQ(outcome.result.counts.requests, 3U);
  EXPECT_EQ(outcome.result.counts.hits, 1U);
}

TEST(ReplayTest, WaitsUntilARequestIsDue) {
  FakeCache cache;
  TraceRequest later = Get("a");
  later.due_s = 0.2;
  const Outcome outcome = Play(cache, {Get("a"), later});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_GE(outcome.result.seconds, 0.2);
  EXPECT_EQ(outcome.result.counts.hits, 1U);
}

TEST(ReplayTest, EndsWhenNobodyListens) {
  ListSource source({Get("a")});
  ReplayResult result;
  EXPECT_FALSE(Replay(
                   {.endpoint = {.port = 1}}, source,
                   [](const ReplayResult&) { return absl::OkStatus(); }, &result)
                   .ok());
}

// The rest asks the server beside this test.
class ReplayServerTest : public testing::Test {
 protected:
  void SetUp() override {
    ServerFlags flags;
    flags.names = {"memcached"};
    flags.memory_mb = 64;
    const auto specs = flags.Find(nullptr);
    ASSERT_TRUE(specs.ok()) << specs.status();
    auto server = ServerProcess::Start(specs->front(), 20'000 + getpid() % 10'000);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::unique_ptr<ServerProcess> server_;
};

TEST_F(ReplayServerTest, HitsEveryKeyThatItAskedForBefore) {
  Workload workload = DefaultWorkload("zipf");
  workload.requests = 50'000;
  workload.keys = 5'000;
  std::map<std::string, int> keys;
  const auto counting = MakeSource(workload);
  for (TraceRequest request; *counting->Next(&request);) ++keys[request.key];
  ReplayResult result;
  const absl::Status status = Replay(
      {.endpoint = server_->endpoint(), .depth = 64}, *MakeSource(workload),
      [](const ReplayResult&) { return absl::OkStatus(); }, &result);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(result.counts.requests, workload.requests);
  EXPECT_EQ(result.counts.gets, workload.requests);
  EXPECT_EQ(result.counts.gets - result.counts.hits, keys.size());
  EXPECT_EQ(result.counts.sets, keys.size());
  const auto figures = AskStoreFigures(server_->endpoint());
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_EQ(figures->items, keys.size());
  EXPECT_EQ(figures->limit_bytes, uint64_t{64} << 20);
  const auto resident = server_->ResidentBytes();
  ASSERT_TRUE(resident.ok()) << resident.status();
  EXPECT_GT(*resident, uint64_t{1} << 20);
}

TEST_F(ReplayServerTest, StopsWhenItIsTold) {
  Workload workload = DefaultWorkload("zipf");
  workload.requests = 1'000'000'000;
  ReplayResult result;
  absl::Status status = Replay(
      {.endpoint = server_->endpoint()}, *MakeSource(workload),
      [](const ReplayResult&) { return absl::CancelledError("enough"); }, &result);
  EXPECT_EQ(status.message(), "enough");
  EXPECT_GT(result.counts.requests, 0U);
  status = Replay(
      {.endpoint = server_->endpoint(), .limit_s = 0.3}, *MakeSource(workload),
      [](const ReplayResult&) { return absl::OkStatus(); }, &result);
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_LT(result.seconds, 5);
}

TEST_F(ReplayServerTest, EndsWhenTheServerDies) {
  Workload workload = DefaultWorkload("zipf");
  workload.requests = 1'000'000'000;
  ReplayResult result;
  const absl::Status status = Replay(
      {.endpoint = server_->endpoint()}, *MakeSource(workload),
      [this](const ReplayResult&) {
        server_.reset();
        return absl::OkStatus();
      },
      &result);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_GT(result.counts.requests, 0U);
}

}  // namespace
}  // namespace overtake::bench
