#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "bench/memory/request.h"
#include "bench/socket.h"
#include "client/client.h"

namespace overtake::bench {

// What a replay has seen so far.
struct ReplayCounts {
  uint64_t requests = 0;  // of the trace; every one of them is a get, a write or a delete
  uint64_t gets = 0;
  uint64_t hits = 0;
  uint64_t sets = 0;     // those of the trace and those that followed a miss
  uint64_t refused = 0;  // sets that were answered with SERVER_ERROR
  uint64_t deletes = 0;

  double HitRatio() const { return gets > 0 ? static_cast<double>(hits) / gets : 0; }
  ReplayCounts& operator+=(const ReplayCounts& other);
};

// Replays the part of a trace that one connection has, in batches that are sent at once. One
// thread at a time.
//
// A batch asks for each of its keys once. What became of that is known only when the replies are
// there, and so with the next batch, ahead of it, go the sets of the keys that were missed and
// then, in order, the batch's further requests of keys that it had asked for: these find what
// they would have found had each request waited for the one before. Requests of one key keep their
// order; those of different keys may change places within a batch.
class ReplayConnection {
 public:
  // Connecting, and later each Exchange, may take `timeout_s`.
  static absl::StatusOr<std::unique_ptr<ReplayConnection>> Connect(const Endpoint& endpoint,
                                                                   double timeout_s);

  // Sends what is owed from before and `batch`, and reads all replies.
  // Errors: Unavailable for a closed connection, DeadlineExceeded for no complete answer in time;
  // DataLoss for a value other than the one stored; others for an error in answer to anything but
  // a set.
  absl::Status Exchange(absl::Span<const TraceRequest> batch);

  // Whether something waits for the next Exchange, whose batch may be empty.
  bool owes() const { return !fills_.empty() || !repeats_.empty(); }

  const ReplayCounts& counts() const { return counts_; }

 private:
  explicit ReplayConnection(std::unique_ptr<client::Client> client) : client_(std::move(client)) {}

  void Plan(absl::Span<const TraceRequest> batch);
  void BuildPipeline();
  absl::Status TakeReplies(std::vector<client::Reply> replies);
  absl::Status TakeItems(size_t begin, size_t end, const std::vector<client::Item>& items);
  absl::Status TakeStore(const client::Reply& reply);
  void SettleMisses();

  const std::unique_ptr<client::Client> client_;
  ReplayCounts counts_;
  std::vector<TraceRequest> fills_;    // sets after misses, to be sent next
  std::vector<TraceRequest> repeats_;  // to be sent after them
  std::vector<TraceRequest> next_repeats_;

  // The exchange under way: its requests in order, whether a get among them hit, and how many
  // of them each command of the pipeline stands for.
  std::vector<const TraceRequest*> plan_;
  std::vector<bool> hit_;
  std::vector<size_t> group_sizes_;
  size_t counted_from_ = 0;  // requests of plan_ before this are fills, and not of the trace
  client::Pipeline pipeline_;
};

}  // namespace overtake::bench
