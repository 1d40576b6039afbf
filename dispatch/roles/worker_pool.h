// The workers: execute requests that readers hand over.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/inlined_vector.h"
#include "base/mpsc_list.h"
#include "base/mutex.h"
#include "base/ticks.h"
#include "dispatch/handler.h"
#include "dispatch/options.h"
#include "dispatch/roles/job.h"
#include "dispatch/roles/job_queue.h"
#include "dispatch/thread_stats.h"

namespace overtake {

class Reader;

// A pool of threads shared by one or more readers, after RAMCloud's WorkerManager (Ousterhout et
// al., The RAMCloud Storage System, TOCS 2015, section 5: dispatch and worker threads).
//
// A job goes to the worker that became idle last: its caches are warm and it is the likeliest to be
// polling still, so that no thread has to be woken. When no worker is idle, jobs wait, first come
// first served. An idle worker polls for a bounded time, then sleeps. A Policy other than kFcfs
// keeps some workers for jobs of one kind: a quarter of them, and at least one, for light jobs
// (kReserve) or for heavy ones (kSize).
//
// System calls are shared by neighbours, but for no longer than kPatienceMicros:
// - While a worker is being woken, light jobs queue for it: as a rule it will have run them before
//   another one could be woken too. What has waited longer goes to other idle workers: each
//   worker that wakes up sees to it, and the reader that queued it, by a timer.
// - A worker reports light jobs to their reader when it has run all it finds, or kMaxUnreported;
//   always before it starts a heavy one, or another reader's. The reader looks by itself when its
//   timer goes off.
//
// Threads compete for cores: a heavy job must not keep a core from a thread that reads requests or
// runs light ones. So a worker has two hands, threads of which only one is active at a time: one of
// normal priority for light jobs, one of the lowest for heavy ones. (A single thread could lower
// its priority for a heavy job, but not raise it again without privilege.)
//
// Whose jobs it takes:
// - Kind::kAll: all but trivial ones. Workers execute, readers send.
// - Kind::kHeavy: heavy ones; readers execute the others. A worker has the one hand for them, and
//   also sends what it executes, piece by piece: copying a large reply into the kernel is part of
//   what makes a request heavy. A job that has sent kMaxSendBytes goes to the end of the queue.
class WorkerPool {
 public:
  enum class Kind { kAll, kHeavy };

  struct Setup {
    Kind kind = Kind::kAll;
    Policy policy = Policy::kFcfs;
    int workers = 1;
    int poll_micros = 0;
  };

  // Starts the workers, named overtake-wk-0 and up, with the executor ids from `first_id`; the
  // thread for heavy jobs has an "h" behind its name. Throws std::system_error if there is a thread
  // that the system refuses.
  WorkerPool(const Setup& setup, ExecutorId first_id, RequestHandler* handler);
  // REQUIRES: Stop was called.
  ~WorkerPool();

  Kind kind() const { return kind_; }
  // Whether a reader should submit this job.
  bool Takes(const Job& job) const { return kind_ == Kind::kHeavy ? job.heavy() : !job.trivial; }

  // Any thread: whether there was a heavy job within the last second.
  bool busy_lately() const {
    const uint64_t last = last_heavy_ticks_.load(std::memory_order_relaxed);
    return last != 0 && Ticks() < last + lately_ticks_;
  }

  // How long a light job may wait in the queue while a worker is idle, and how long its reply may
  // be kept from its reader.
  static constexpr int kPatienceMicros = 100;

  // Which jobs number `worker` of so many may have.
  static JobQueue::Kinds KindsOf(Policy policy, int worker, int workers);

  // A reader. `job` comes back by Reader::GiveBack of its connection's reader. True when it is a
  // light one that was queued (and says so, Job::light_queued): until it comes back, the reader is
  // to call SpreadOverdue, and to look at what came back, every kPatienceMicros.
  bool Submit(Job* job);

  // Any thread. Gives light jobs that have queued for too long to workers that are idle; unless
  // another thread holds the mutex just now: the next call will.
  void SpreadOverdue();

  // Workers finish what they execute and end. Jobs that still wait are not executed, nor given
  // back.
  void Stop();

  std::vector<const ThreadStats*> stats() const;
  // Any thread: jobs that wait for a worker.
  size_t queue_depth() const { return queue_depth_.Get(); }

 private:
  // A hand's place to wait in. `state` changes:
  //   kPolling  -> kSleeping   by the hand, after polling in vain
  //   kPolling  -> kAssigned   by Assign, on any thread, which has set `job` before
  //   kSleeping -> kAssigned   the same, which then also wakes the hand
  //   kAssigned -> kPolling    by the hand, before it gives the worker to another thread
  enum State : uint32_t { kPolling, kSleeping, kAssigned };

  struct alignas(64) Hand {
    std::atomic<uint32_t> state{kPolling};
    Job* job = nullptr;  // written before kAssigned, read after it; null: stop
    std::thread thread;
  };

  // Either it is in idle_, and both hands wait; or one hand is active, and the other one waits.
  // What is neither atomic nor const belongs to the active hand, and to the thread that takes the
  // worker from idle_ until that has assigned a job.
  struct Worker {
    Worker(std::string name, ExecutorId id, JobQueue::Kinds its_kinds)
        : executor(id), kinds(its_kinds), stats(std::move(name), "worker") {}

    Hand* HandFor(const Job& job) { return job.heavy() ? &heavy : &light; }
    Hand* OtherThan(const Hand* hand) { return hand == &light ? &heavy : &light; }
    bool is_asleep() const { return light.state.load(std::memory_order_relaxed) == kSleeping; }

    const ExecutorId executor;
    const JobQueue::Kinds kinds;  // of jobs that it may have
    Hand light;
    Hand heavy;
    bool is_waking = false;  // counted in waking_
    // The reader that was not woken yet for what it was given back.
    Reader* unreported_to = nullptr;
    int unreported = 0;
    ThreadStats stats;
  };

  static constexpr int kMaxUnreported = 8;
  // By one thread, which has a job of its own to go on with. As each that is woken wakes as many,
  // all are up soon.
  static constexpr int kWokenAtOnce = 2;
  // Of a heavy job's reply: sent before the worker takes another job.
  static constexpr size_t kMaxSendBytes = 1 << 20;

  void StartHand(Worker* self, Hand* hand);
  using Assignments = absl::InlinedVector<std::pair<Worker*, Job*>, 4>;

  // Gives the job to an idle worker, or queues it and returns false.
  bool Place(Job* job, Assignments* given) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void AssignAll(const Assignments& given);
  // Places what readers left in incoming_. By each thread that has held the mutex, right after.
  void TakeIncoming();
  Job* PopQueued(JobQueue::Kinds kinds) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run(Worker* self, Hand* hand);
  void Execute(Worker* self, Job* job);
  // Returns with what could not be sent, or could not be executed, left over for the reader.
  void ExecuteAndSend(Worker* self, Job* job);
  // The job that has waited longest, if it is one for `hand`. Null when the hand is to wait: the
  // worker is idle, or the job was given to its other hand, or both hands were told to stop.
  Job* NextJob(Worker* self, Hand* hand);
  // Waits for a job, polling for `poll_ticks` first. Null: stop.
  static Job* AwaitAssignment(Hand* hand, uint64_t poll_ticks);
  // Right after a wait, before the first job.
  void BeAwake(Worker* self);
  static void Assign(Hand* hand, Job* job);
  // Gives `job` back to its reader, and wakes that one now or with later jobs.
  static void Report(Worker* self, Job* job, bool at_once);
  static void Flush(Worker* self);

  static constexpr JobQueue::Kinds kLightOnly = {.light = true, .heavy = false};

  void NoteHeavy() { last_heavy_ticks_.store(Ticks(), std::memory_order_relaxed); }

  // The worker to have this job, or null.
  Worker* FindIdle(const Job& for_job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeIdle(Worker* worker, const Job& for_job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Kind kind_;
  const Policy policy_;
  RequestHandler* const handler_;
  const uint64_t poll_ticks_;
  const uint64_t patience_ticks_;
  const uint64_t lately_ticks_;
  std::vector<std::unique_ptr<Worker>> workers_;

  // A worker of low priority may lose its core while it holds the mutex, so no reader waits for it:
  // one that finds it taken leaves its job in incoming_. Either the reader still gets the mutex, or
  // the holder sees the flag when it has given the mutex back: the reader sets the flag before it
  // tries again, the holder looks at it after it unlocked, and both are sequentially consistent.
  MpscList<Job> incoming_;  // pushed by any reader, taken under the mutex
  std::atomic<bool> has_incoming_{false};

  Mutex mutex_;
  Counter queue_depth_;                                // of queue_; written under the mutex
  std::vector<Worker*> idle_ ABSL_GUARDED_BY(mutex_);  // the last one became idle last
  JobQueue queue_ ABSL_GUARDED_BY(mutex_);
  int waking_ ABSL_GUARDED_BY(mutex_) = 0;  // workers given a light job in their sleep, not up yet
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // By the thread that submits or executes one; 0: there was none. In a cache line of its own,
  // which readers load in each round.
  alignas(64) std::atomic<uint64_t> last_heavy_ticks_{0};
};

}  // namespace overtake
