#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/class_result.h"
#include "bench/load/reply_scanner.h"
#include "bench/load/request_text.h"
#include "bench/load/schedule.h"
#include "bench/socket.h"

namespace overtake::bench {

// When the next request goes out.
enum class Pacing {
  kOpen,    // when it is due, whether or not earlier ones have been answered
  kClosed,  // when an earlier one of its connection was answered: due at that moment
};

struct RunPlan {
  int64_t warmup_ns = 0;
  int64_t duration_ns = 0;  // what is measured, after the warm-up
  Pacing pacing = Pacing::kOpen;
  int depth = 1;  // kClosed: requests that each connection keeps unanswered
  uint64_t seed = 1;
  bool keep_times = false;  // ClassResult::times: for pictures of short runs
};

// Sends one class of a load from one thread and takes the time of each reply.
//
// Open loop, a request goes out when it is due even if its connection waits for replies (it is then
// pipelined), and its latency counts from when it was due. So neither a slow server nor a late
// generator hides a wait ("coordinated omission", Tene). Closed loop hides it: there for the
// highest throughput, and to show the difference. It sends the same requests in the same order, to
// whichever connection is free.
class Generator {
 public:
  // Connects and draws the schedule. `load` and `text` must outlive the generator.
  static absl::StatusOr<std::unique_ptr<Generator>> Create(const Endpoint& endpoint,
                                                           const LoadClass& load,
                                                           const RequestText& text,
                                                           const RunPlan& plan);

  // Runs the plan with time 0 at `start_ns` (CLOCK_MONOTONIC) in the calling thread, until the
  // last reply. Ends early with an error on a wrong reply, a closed connection, a server that
  // answers nothing for kSocketTimeoutSeconds or leaves requests unanswered as long after the end,
  // and with a CancelledError when `stop` becomes true.
  absl::Status Run(int64_t start_ns, const std::atomic<bool>& stop);

  // What was measured so far; to be asked for when Run has returned.
  const ClassResult& result() const { return result_; }

  // Replies so far, the warm-up's included. Any thread.
  uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }

 private:
  struct Pending {
    const Arrival* arrival;
    int64_t due_ns;   // CLOCK_MONOTONIC
    int64_t sent_ns;  // when it was handed on to be sent
  };
  struct Connection {
    UniqueFd fd;
    ReplyScanner scanner;
    std::deque<Pending> unanswered;     // oldest first
    std::deque<const Arrival*> unsent;  // not in `outgoing` yet, oldest first
    std::string outgoing;               // texts of requests
    size_t outgoing_sent = 0;           // bytes of it that the kernel has taken
    bool waits_to_write = false;        // EPOLLOUT is asked for
  };

  Generator(const LoadClass& load, const RequestText& text, const RunPlan& plan);

  static void BecomeUrgent();
  bool open_loop() const { return plan_.pacing == Pacing::kOpen; }
  // No request is to be sent any more.
  bool AllSent(int64_t now) const;
  absl::Status SendDue();
  absl::Status StartClosedLoop();
  // The next of the schedule, which begins anew at its end.
  const Arrival* NextArrival();
  void Issue(Connection& connection, const Arrival* arrival, int64_t due_ns, int64_t now);
  absl::Status Flush(Connection& connection);
  absl::Status ReadFrom(Connection& connection);
  absl::Status TakeReply(Connection& connection, const Reply& reply, int64_t now);
  absl::Status CheckProgress(int64_t now) const;
  // Waits for replies and takes them, at most until the next request is due.
  absl::Status Wait();
  int64_t EndNs() const { return start_ns_ + plan_.warmup_ns + plan_.duration_ns; }

  const RequestText& text_;
  const RunPlan plan_;
  std::vector<Arrival> schedule_;
  std::vector<Connection> connections_;
  UniqueFd epoll_;
  std::vector<char> buffer_;
  ClassResult result_;
  std::atomic<uint64_t> answered_{0};  // written by Run's thread

  int64_t start_ns_ = 0;
  size_t next_ = 0;  // into schedule_
  // How late timers wake this thread (an idle virtual core takes 50 us), a running mean: it goes to
  // sleep until so long before the next request is due, and polls for what is left.
  int64_t wake_up_ns_ = 0;
  uint64_t unanswered_ = 0;       // over all connections
  int64_t last_progress_ns_ = 0;  // when bytes last arrived, or a request went out with none before
};

}  // namespace overtake::bench
