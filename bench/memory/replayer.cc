#include "bench/memory/replayer.h"

#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/futex.h"
#include "bench/clock.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {
namespace {

constexpr int64_t kTickNs = 100 * kNsPerMs;
constexpr std::chrono::milliseconds kShortestPause(2);
constexpr std::chrono::milliseconds kLongestPause(50);
constexpr size_t kMaxRoundBytes = 16 << 20;  // of values, so that memory stays bounded

// What a connection is to send in a round; its vector is never shortened, for the keys in it to
// keep their memory.
struct Batch {
  std::vector<TraceRequest> requests;
  size_t size = 0;
};

class Replayer {
 public:
  Replayer(const ReplayOptions& options, RequestSource& source, ReplayTick tick,
           ReplayResult* result)
      : options_(options),
        source_(source),
        tick_(tick),
        result_(result),
        connections_(static_cast<size_t>(options.connections)) {
    for (auto& batches : batches_) batches.resize(connections_.size());
  }

  absl::Status Run();

 private:
  // What a connection's thread is to do. The caller's thread sets it to kRun or kStop, the other
  // back to kWait; who is not to act reads and writes nothing of the round.
  enum Order : uint32_t { kWait, kRun, kStop };
  struct Runner {
    std::unique_ptr<ReplayConnection> connection;
    absl::Status status;
    std::atomic<uint32_t> order{kWait};
    std::thread thread;
  };

  absl::Status Connect();
  absl::Status RunRounds();
  void Pause(bool something_to_send) const;
  static void Tell(Runner& runner, Order order);
  void Serve(size_t index);
  void Deal(size_t turn);
  void Sum();
  absl::Status Watch();
  double Elapsed() const { return static_cast<double>(NowNs() - start_ns_) / kNsPerSecond; }

  const ReplayOptions options_;
  RequestSource& source_;
  const ReplayTick tick_;
  ReplayResult* const result_;
  std::vector<Runner> connections_;
  std::vector<Batch> batches_[2];     // of the round that runs, and of the next
  std::atomic<uint32_t> running_{0};  // connections that have not ended the round
  size_t turn_ = 0;    // which of batches_ runs; the caller's writes, as is all below
  TraceRequest next_;  // drawn from the source, not yet dealt
  bool has_next_ = false;
  bool source_ended_ = false;
  absl::Status source_status_;
  size_t dealt_ = 0;  // requests, in the last Deal
  int64_t start_ns_ = 0;
  int64_t last_tick_ns_ = 0;
};

absl::Status Replayer::Run() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  start_ns_ = last_tick_ns_ = NowNs();
  for (size_t i = 0; i < connections_.size(); ++i) {
    connections_[i].thread = std::thread([this, i] { Serve(i); });
  }
  const absl::Status status = RunRounds();
  for (Runner& runner : connections_) Tell(runner, kStop);
  for (Runner& runner : connections_) runner.thread.join();
  Sum();
  return status;
}

absl::Status Replayer::Connect() {
  for (Runner& runner : connections_) {
    auto connection = ReplayConnection::Connect(options_.endpoint, options_.timeout_s);
    if (!connection.ok()) return connection.status();
    runner.connection = *std::move(connection);
  }
  return absl::OkStatus();
}

absl::Status Replayer::RunRounds() {
  Deal(turn_);
  while (true) {
    const bool owed = std::any_of(connections_.begin(), connections_.end(),
                                  [](const Runner& runner) { return runner.connection->owes(); });
    const bool something_to_send = dealt_ > 0 || owed;
    if (!something_to_send && source_ended_) return source_status_;
    Pause(something_to_send);
    if (!something_to_send) {
      Deal(turn_);
    } else {
      running_.store(static_cast<uint32_t>(connections_.size()));
      for (Runner& runner : connections_) Tell(runner, kRun);
      Deal(1 - turn_);
      while (const uint32_t running = running_.load()) FutexWait(&running_, running);
      turn_ = 1 - turn_;
      for (const Runner& runner : connections_) {
        if (!runner.status.ok()) return runner.status;
      }
    }
    if (absl::Status status = Watch(); !status.ok()) return status;
  }
}

// Waits when the next request is not due yet, long enough for several to be, and no longer when
// there is something to send already.
void Replayer::Pause(bool something_to_send) const {
  if (!has_next_ || next_.due_s <= Elapsed()) return;
  const std::chrono::duration<double> until_due(next_.due_s - Elapsed());
  std::this_thread::sleep_for(std::clamp<std::chrono::duration<double>>(
      until_due, kShortestPause, something_to_send ? kShortestPause : kLongestPause));
}

void Replayer::Tell(Runner& runner, Order order) {
  runner.order.store(order);
  FutexWakeOne(&runner.order);
}

void Replayer::Serve(size_t index) {
  Runner& runner = connections_[index];
  while (true) {
    while (runner.order.load() == kWait) FutexWait(&runner.order, kWait);
    if (runner.order.load() == kStop) return;
    runner.order.store(kWait);
    const Batch& batch = batches_[turn_][index];
    runner.status =
        runner.connection->Exchange(absl::MakeConstSpan(batch.requests.data(), batch.size));
    if (running_.fetch_sub(1) == 1) FutexWakeOne(&running_);
  }
}

// What precedes an error of the source is still sent.
void Replayer::Deal(size_t turn) {
  std::vector<Batch>& batches = batches_[turn];
  for (Batch& batch : batches) batch.size = 0;
  dealt_ = 0;
  const size_t most = static_cast<size_t>(options_.depth) * connections_.size();
  const double now_s = Elapsed();
  for (size_t bytes = 0; dealt_ < most && bytes < kMaxRoundBytes; ++dealt_) {
    if (!has_next_ && !source_ended_) {
      const absl::StatusOr<bool> more = source_.Next(&next_);
      source_status_ = more.status();
      has_next_ = more.ok() && *more;
      source_ended_ = !has_next_;
    }
    if (!has_next_ || next_.due_s > now_s) break;
    Batch& batch = batches[XXH3_64bits(next_.key.data(), next_.key.size()) % batches.size()];
    if (batch.size == batch.requests.size()) batch.requests.emplace_back();
    std::swap(batch.requests[batch.size++], next_);
    bytes += batch.requests[batch.size - 1].value_bytes;
    has_next_ = false;
  }
}

void Replayer::Sum() {
  result_->counts = ReplayCounts();
  for (const Runner& runner : connections_) result_->counts += runner.connection->counts();
  result_->seconds = Elapsed();
}

absl::Status Replayer::Watch() {
  if (NowNs() - last_tick_ns_ < kTickNs) return absl::OkStatus();
  last_tick_ns_ = NowNs();
  Sum();
  if (absl::Status status = tick_(*result_); !status.ok()) return status;
  if (result_->seconds < options_.limit_s) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrFormat("ended after %g s and %d requests, before the trace's end", options_.limit_s,
                      result_->counts.requests));
}

}  // namespace

absl::Status Replay(const ReplayOptions& options, RequestSource& source, ReplayTick tick,
                    ReplayResult* result) {
  return Replayer(options, source, tick, result).Run();
}

nlohmann::json ToJson(const ReplayResult& result) {
  const ReplayCounts& counts = result.counts;
  return {{"requests", counts.requests}, {"gets", counts.gets},
          {"hits", counts.hits},         {"hit_ratio", counts.HitRatio()},
          {"sets", counts.sets},         {"refused_sets", counts.refused},
          {"deletes", counts.deletes},   {"seconds", result.seconds}};
}

}  // namespace overtake::bench
