#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/key_ring.h"
#include "bench/load/load_class.h"
#include "bench/socket.h"

namespace overtake::bench {

struct ClosedLoopOptions {
  Endpoint endpoint;
  int connections = 50;
  int depth = 1;  // requests sent at once; the next batch follows the last reply
  int threads = 1;
  int gets_per_set = 10;
  // What is asked for, with values of one size; stored before with Preload and the same seed.
  LoadClass keys;
  uint64_t seed = 1;
};

// Keeps a server busy with sets and gets: each connection sends a batch, waits for all its replies
// and sends the next. For throughput and cost a request; its latencies would say nothing, since a
// slow server is asked less.
class ClosedLoop {
 public:
  // Connects and starts the threads.
  static absl::StatusOr<std::unique_ptr<ClosedLoop>> Start(const ClosedLoopOptions& options);
  ~ClosedLoop();

  // Replies so far. Any thread.
  uint64_t replies() const;

  // OK as long as every thread runs.
  bool failed() const { return failed_.load(); }

  // Ends the threads; the first error of one: a wrong reply, a closed connection, a server that
  // answers nothing for kSocketTimeoutSeconds.
  absl::Status Stop();

 private:
  struct Connection;
  struct Client;  // a thread and its connections

  explicit ClosedLoop(const ClosedLoopOptions& options);
  absl::Status Run(Client& client);
  absl::Status SendBatch(Client& client, Connection& connection);
  absl::Status ReadFrom(Client& client, Connection& connection);

  const ClosedLoopOptions options_;
  const KeyRing ring_;
  std::vector<std::string> gets_;  // request texts, by key
  std::vector<std::string> sets_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
};

}  // namespace overtake::bench
