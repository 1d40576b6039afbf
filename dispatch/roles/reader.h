// The reader: holds connections, reads their requests, sends their replies.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "base/mpsc_list.h"
#include "dispatch/event_loop.h"
#include "dispatch/handler.h"
#include "dispatch/options.h"
#include "dispatch/request_trace.h"
#include "dispatch/roles/acceptor.h"
#include "dispatch/roles/connection.h"
#include "dispatch/roles/connection_limits.h"
#include "dispatch/roles/connection_memory.h"
#include "dispatch/roles/input_buffer.h"
#include "dispatch/roles/job.h"
#include "dispatch/roles/writer.h"
#include "dispatch/short_timer.h"
#include "dispatch/thread_stats.h"

namespace overtake {

class WorkerPool;

// One thread's share of the connections. Its loop, in rounds:
//
//   wait for events -> take adopted connections -> send replies that workers finished
//        ^             -> give each connection with something to do one bounded turn --+
//        +-----------------------------------------------------------------------------+
//
// In its turn a connection reads what has arrived, has at most `requests_per_turn` requests
// executed, by this thread or (with a WorkerPool) by one of the pool's, and sends at most
// kMaxSendBytes. What is left waits for the next turn, behind all other connections: no request
// stream and no reply, however long, keeps the reader from the others. Which of this comes next,
// the connection's Phase says. While a reply is not sent, nothing more is read from its connection.
// A TLS handshake costs as much as hundreds of requests: of these the reader takes one step a
// round, so that a flood of them does not starve the others.
class Reader {
 public:
  // Called on the reader's thread around its wait; for what shares the reader's loop.
  struct Hooks {
    std::function<void()> before_wait;
    std::function<void()> after_wait;
  };

  // Everything given must outlive the reader. `pool` may be null: requests are then executed here.
  Reader(std::string name, std::string role, ExecutorId executor, const DispatchOptions& options,
         RequestHandler* handler, ConnectionLimits* limits, ConnectionMemory* memory,
         WorkerPool* pool);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The thread's body: returns after Stop.
  void Run();

  // Any thread. The connection was counted in the limits; it is the reader's from now on.
  void Adopt(AcceptedSocket socket);
  // The reader's thread: the same without a detour.
  void AddConnection(AcceptedSocket socket);
  // A worker: gives back a job that this reader submitted to the pool. The reader looks at it after
  // the next loop().Wake() at the latest.
  void GiveBack(Job* job) { completed_.Push(job); }
  // Any thread. Run returns soon; connections are closed with the reader.
  void Stop();

  EventLoop& loop() { return loop_; }
  // What became of the latest requests; null unless options.trace_requests.
  const RequestTrace* trace() const { return trace_.get(); }
  ThreadStats& stats() { return stats_; }
  const ThreadStats& stats() const { return stats_; }
  size_t connections() const { return all_.size(); }  // the reader's thread
  // Any thread: those it has, and those that it was told to adopt.
  int share() const { return share_.load(std::memory_order_relaxed); }
  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }  // before Run

 private:
  static constexpr size_t kMaxReadBytes = 64 * 1024;
  static constexpr size_t kMaxSendBytes = 64 * 1024;
  // So much of a request is as good as the end of one: a large value may take its time to arrive.
  static constexpr size_t kRequestBytes = 16 * 1024;

  struct Adoption {
    AcceptedSocket socket;
    Adoption* mpsc_next = nullptr;
  };
  // Connections that take their turns together: what their requests need of memory is fetched for
  // all at once. Few, since the first one's reply waits until the last one was read.
  struct Group {
    static constexpr size_t kMaxConnections = 4;
    static constexpr size_t kManyRequests = 16;

    bool full() const {
      return connections.size() >= kMaxConnections || requests.size() >= kManyRequests;
    }
    void Add(Connection* c);

    absl::InlinedVector<Connection*, kMaxConnections> connections;
    absl::InlinedVector<const Request*, kManyRequests + Job::kMaxRequests> requests;
  };
  enum class Received { kSome, kNothing, kEnded, kFailed };

  // Times of connections that need not be exact, in units of 50 to 100 ms: 32 bits last for years.
  uint32_t CoarseTime(uint64_t ticks) const {
    return static_cast<uint32_t>(ticks >> coarse_shift_);
  }
  double CoarseUnitsPerSecond() const;
  // How many units have passed at least.
  int32_t CoarseAge(uint32_t since) const;
  // Has kLook called once in a `period`, until it is destroyed.
  template <void (Reader::*kLook)()>
  EventPtr NewTimer(timeval period);

  // Asks the kernel for the slices that fit what the pool does.
  void ChooseSlice();
  static void OnReady(int fd, short what, void* connection);
  void CloseIdle();
  void BeginHandshake(Connection* c);
  void EndHandshake(Connection* c);
  void CloseLateHandshakes();
  void TakeAdopted();
  void TakeCompleted();
  void TakeTurns();
  void Add(AcceptedSocket socket);

  // Reads. True if there are requests to be executed here: then FinishTurn is to follow.
  bool BeginTurn(Connection* c);
  void FinishTurn(Connection* c);
  // Hands c->job to the pool if it is for that from here on.
  bool SubmitIfForPool(Connection* c);
  bool StartJob(Connection* c);
  size_t RequestsPerTurn() const;
  void ParseInto(Connection* c, Job* job);
  void NoteRequest(Connection* c);
  Received Receive(Connection* c);
  // See reader_uploads.cc.
  void NoteUpload(Connection* c);
  void EndUpload(Connection* c);
  bool LetAwaitRoom(Connection* c);
  bool HasRoomFor(const Connection* c) const;
  void LookAtUploads();
  void GiveUp(Connection* c);
  void EndTurn(Connection* c);
  void LetWait(Connection* c);
  void LookAtWaiting();
  Sent Send(Connection* c);

  void Enqueue(Connection* c);
  void Close(Connection* c, CloseReason reason);
  Job* NewJob(Connection* c);
  void Recycle(Job* job);

  const ExecutorId executor_;
  const int coarse_shift_;  // of Ticks, to the units of CoarseTime
  const DispatchOptions& options_;
  RequestHandler* const handler_;
  ConnectionLimits* const limits_;
  ConnectionMemory* const memory_;
  WorkerPool* const pool_;
  Hooks hooks_;
  ThreadStats stats_;
  const std::unique_ptr<RequestTrace> trace_;
  EventLoop loop_;
  std::atomic<bool> stop_{false};
  std::atomic<int> share_{0};  // the thread that hands over a connection adds, the reader takes off
  MpscList<Adoption> adopted_;
  MpscList<Job> completed_;

  // The reader's thread only.
  bool has_short_slice_ = false;
  BlockPool blocks_;
  AllConnections all_{ListName::kAll};
  TurnList ready_{ListName::kReady};
  TurnList handshake_turns_{ListName::kHandshakeTurns};
  EventPtr look_for_idle_;  // a timer; null without an idle timeout
  // With a timer for the first connection on it. That is left to expire when the connection is
  // done: then handshakes cost no system call for their time limit. Null without a limit.
  TimedList handshaking_{ListName::kHandshaking};
  EventPtr look_for_late_;
  // With a timer while it holds any.
  TimedList waiting_{ListName::kWaiting};
  EventPtr look_at_waiting_;
  // With a timer while any of them awaits room.
  TimedList uploads_{ListName::kUploads};
  EventPtr look_at_uploads_;
  std::vector<std::unique_ptr<Job>> free_jobs_;
  size_t light_queued_ = 0;  // light jobs with the pool that were queued there
  // Set while there are any; null without a pool for them.
  std::unique_ptr<ShortTimer> spread_overdue_;
};

template <void (Reader::*kLook)()>
EventPtr Reader::NewTimer(timeval period) {
  EventPtr timer(event_new(
      loop_.base(), -1, EV_PERSIST,
      [](int, short, void* self) { (static_cast<Reader*>(self)->*kLook)(); }, this));
  event_add(timer.get(), &period);
  return timer;
}

}  // namespace overtake
