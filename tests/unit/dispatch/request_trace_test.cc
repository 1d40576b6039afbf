#include "dispatch/request_trace.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "dispatch/trace_json.h"
#include "nlohmann/json.hpp"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

Request Get() {
  Request request;
  request.command = Command::kGet;
  request.keys = KeyList("key");
  return request;
}

// Traces a job of `requests` gets, the last of which takes `pieces` pieces.
void AddJob(RequestTrace* trace, int connection, size_t requests, size_t pieces = 1) {
  const Request get = Get();
  JobTrace job;
  job.Clear();
  const uint64_t read = Ticks();
  job.Queue();
  for (size_t i = 0; i < requests; ++i) {
    for (size_t piece = 0; piece < (i + 1 == requests ? pieces : 1); ++piece) {
      job.Begin(ExecutorId{3});
      job.Start(i, get);
      job.Finish();
    }
  }
  trace->Add(job, connection, requests, read);
}

TEST(RequestTraceTest, KeepsEachRequestWithItsTimes) {
  RequestTrace trace(16);
  AddJob(&trace, 7, 3);
  AddJob(&trace, 8, 1);
  const std::vector<TracedPiece> pieces = trace.Copy();
  ASSERT_EQ(pieces.size(), 4U);
  for (size_t i = 0; i < pieces.size(); ++i) {
    const TracedPiece& piece = pieces[i];
    EXPECT_EQ(piece.request, i);
    EXPECT_EQ(piece.connection, i < 3 ? 7U : 8U);
    EXPECT_EQ(piece.in_job, i < 3 ? 3 : 1);
    EXPECT_EQ(piece.executor, 3U);
    EXPECT_EQ(piece.command, Command::kGet);
    EXPECT_EQ(piece.bytes, 3U);
    EXPECT_TRUE(piece.is_first);
    EXPECT_LE(piece.read, piece.started);
    EXPECT_LE(piece.started, piece.finished);
    EXPECT_LE(piece.finished, piece.written);
  }
  EXPECT_NE(pieces[0].queued, 0U);
  EXPECT_EQ(pieces[1].queued, 0U) << "executed in a run that was not queued again";
}

TEST(RequestTraceTest, PiecesOfARequestBelongTogether) {
  RequestTrace trace(16);
  AddJob(&trace, 1, 2, /*pieces=*/3);
  const std::vector<TracedPiece> pieces = trace.Copy();
  ASSERT_EQ(pieces.size(), 4U);
  const std::vector<bool> first = {true, true, false, false};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(pieces[i].request, i == 0 ? 0U : 1U);
    EXPECT_EQ(pieces[i].is_first, first[i]) << i;
  }
}

TEST(RequestTraceTest, ForgetsTheOldest) {
  RequestTrace trace(4);
  for (int i = 0; i < 11; ++i) AddJob(&trace, i, 1);
  const std::vector<TracedPiece> pieces = trace.Copy();
  // One slot is never told, for it might be being written to.
  ASSERT_EQ(pieces.size(), 3U);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(pieces[i].connection, 8 + i);
}

TEST(RequestTraceTest, IsCopiedWhileItIsWritten) {
  RequestTrace trace(64);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop.load(); ++i) AddJob(&trace, i % 1000, 1);
  });
  uint64_t copied = 0;
  while (copied < 20'000) {
    const std::vector<TracedPiece> pieces = trace.Copy();
    for (size_t i = 0; i < pieces.size(); ++i) {
      // Each is whole: its number and its connection were written together.
      ASSERT_EQ(pieces[i].request % 1000, pieces[i].connection);
      if (i == 0) continue;
      ASSERT_EQ(pieces[i].request, pieces[i - 1].request + 1);
    }
    copied += pieces.size();
    if (pieces.empty()) std::this_thread::yield();
  }
  stop.store(true);
  writer.join();
}

TEST(TraceJsonTest, IsWhatTraceViewersRead) {
  const auto now_ns = [] {
    return static_cast<double>(std::chrono::steady_clock::now().time_since_epoch().count());
  };
  RequestTrace trace(16);
  const double before_ns = now_ns();
  AddJob(&trace, 7, 2, /*pieces=*/2);
  const double after_ns = now_ns();
  const std::string path = ::testing::TempDir() + "trace.json";
  ASSERT_TRUE(WriteTraceJson(
                  {{.reader = 0, .pieces = trace.Copy()}}, kCommandTable,
                  [](ExecutorId id) { return "thread-" + std::to_string(id.value); },
                  TicksPerMicrosecond(), path)
                  .ok());
  std::ifstream file(path);
  const nlohmann::json json = nlohmann::json::parse(file);
  std::map<std::string, int> by_phase;
  std::vector<std::string> open;
  for (const nlohmann::json& event : json.at("traceEvents")) {
    const std::string phase = event.at("ph");
    ++by_phase[phase];
    if (phase == "M" && event.at("name") == "thread_name") {
      EXPECT_EQ(event.at("args").at("name"), "thread-3");
    }
    if (phase == "X") {
      EXPECT_EQ(event.at("name"), "get");
      EXPECT_EQ(event.at("tid"), 3);
      EXPECT_GE(event.at("dur").get<double>(), 0);
    }
    // The slices of a request are nested.
    if (phase == "b") open.push_back(event.at("name"));
    if (phase == "e") {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), event.at("name"));
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(by_phase["X"], 3);
  EXPECT_EQ(by_phase["b"], 2 * 2 + 2 * 3);  // requests and waits; executions and sends
  EXPECT_EQ(by_phase["b"], by_phase["e"]);
  // Exact to microseconds, or to how long this thread had to wait for a processor meanwhile.
  constexpr double kExactNs = 1e9;
  const double start_ns = json.at("otherData").at("start_ns");
  EXPECT_GE(start_ns, before_ns - kExactNs);
  EXPECT_LE(start_ns, after_ns + kExactNs);
}

TEST(TraceJsonTest, SaysWhenItCannotWrite) {
  const absl::Status status = WriteTraceJson(
      {}, kCommandTable, [](ExecutorId) { return std::string(); }, 1, "/nonexistent/trace.json");
  EXPECT_FALSE(status.ok());
}

}  // namespace
}  // namespace overtake
