#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/load_class.h"
#include "bench/reply_scanner.h"
#include "bench/socket.h"
#include "dispatch/histogram.h"

namespace overtake::bench {

// What one class of a load saw. Nanoseconds; the warm-up is not in it.
struct ClassResult {
  LoadClass load;
  Histogram latency;  // from when a request was due to when all of its reply had arrived
  Histogram lag;      // from when a request was due to when the generator sent it

  // Whether the generator's own lag is too large a part of the tail for the tail to be the
  // server's: lag p99 above a third of latency p99.
  bool GeneratorLate() const;
};

// Sends one class of a load, open loop, from one thread: a request goes out when it is due whether
// or not earlier ones of its connection have been answered (it is then pipelined), and its latency
// counts from when it was due. So neither a slow server nor a late generator hides a wait
// ("coordinated omission", Tene).
class Generator {
 public:
  // Connects and draws the schedule. `ring` must outlive the generator.
  static absl::StatusOr<std::unique_ptr<Generator>> Create(const Endpoint& endpoint,
                                                           const LoadClass& load,
                                                           const KeyRing& ring, int64_t warmup_ns,
                                                           int64_t duration_ns, uint64_t seed);

  // Runs the schedule with time 0 at `start_ns` (CLOCK_MONOTONIC) in the calling thread, until the
  // last reply. Ends early with an error on a wrong reply, a closed connection, a server that
  // answers nothing for kSocketTimeoutSeconds or leaves requests unanswered as long after the end,
  // and with a CancelledError when `stop` becomes true.
  absl::Status Run(int64_t start_ns, const std::atomic<bool>& stop);

  const ClassResult& result() const { return result_; }

 private:
  struct Connection {
    UniqueFd fd;
    ReplyScanner scanner;
    std::deque<int64_t> unanswered_due_ns;  // of requests not answered yet, oldest first
    std::deque<uint32_t> unsent_first_key;  // of requests not wholly sent yet, oldest first
    size_t front_sent = 0;                  // bytes already sent of unsent_first_key.front()
    bool waits_to_write = false;            // EPOLLOUT is asked for
  };

  Generator(const LoadClass& load, const KeyRing& ring, int64_t warmup_ns);

  static void BecomeUrgent();
  absl::Status SendDue();
  absl::Status Flush(Connection& connection);
  absl::Status ReadFrom(Connection& connection);
  absl::Status CheckReply(const Reply& reply) const;
  absl::Status CheckProgress(int64_t now) const;
  // Waits for replies and takes them, at most until the next request is due.
  absl::Status Wait();
  // The bytes of a request from `skip` on, as pieces for sendmsg; returns their number.
  size_t Pieces(uint32_t first_key, size_t skip, std::array<iovec, 3>* pieces) const;
  bool Measured(int64_t due_ns) const { return due_ns >= start_ns_ + warmup_ns_; }

  const KeyRing& ring_;
  const int64_t warmup_ns_;
  std::vector<Arrival> schedule_;
  std::vector<Connection> connections_;
  UniqueFd epoll_;
  std::vector<char> buffer_;
  ClassResult result_;

  int64_t start_ns_ = 0;
  size_t next_ = 0;  // into schedule_
  // How late timers wake this thread (an idle virtual core takes 50 us), a running mean: it goes to
  // sleep until so long before the next request is due, and polls for what is left.
  int64_t wake_up_ns_ = 0;
  uint64_t unanswered_ = 0;       // over all connections
  int64_t last_progress_ns_ = 0;  // when bytes last arrived, or a request went out with none before
};

}  // namespace overtake::bench
