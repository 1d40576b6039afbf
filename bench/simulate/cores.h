#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/simulate/costs.h"
#include "bench/simulate/event_queue.h"
#include "bench/simulate/fifo.h"
#include "bench/simulate/request.h"

namespace overtake::bench::simulate {

// How the kernel ranks threads that want the same core. One of a higher rank that wakes up takes
// the core from one of a lower rank, after Costs::preempt_us; one of the same rank waits until the
// other sleeps or has used its slice.
enum class Rank : uint8_t {
  kUrgent,  // asks for short slices (base/thread_slice.h)
  kNormal,
  kLow,  // of the workers that run heavy requests
};
inline constexpr int kRanks = 3;

// A thread: does its work first come first served, and sleeps when there is none.
class Thread {
 public:
  Thread(std::string name, Rank rank) : name_(std::move(name)), rank_(rank) {}

  const std::string& name() const { return name_; }
  // Core time that it has used for work and charges.
  double busy_us() const { return busy_us_; }

  // For so long a thread without work polls for some, rather than to sleep. A polling thread is
  // taken to have a core that nobody else wants: only for models with more cores than threads.
  void set_poll_us(double us) { poll_us_ = us; }

 private:
  friend class Cores;
  enum class State : uint8_t { kAsleep, kReady, kRunning };

  std::string name_;
  Rank rank_;
  State state_ = State::kAsleep;
  bool has_current_ = false;
  Work current_;         // if has_current_: has been begun
  double left_us_ = 0;   // of current_, as of when it last got a core or lost it
  double delay_us_ = 0;  // what was charged: comes before the next work
  double poll_us_ = 0;
  double asleep_since_us_ = -1e18;
  double busy_us_ = 0;
  uint32_t last_core_ = 0;
  Fifo<Work> work_;
};

// Where a thread waits that found no core idle when it woke up.
enum class CoreQueues : uint8_t {
  kOne,   // for whichever core can take it first: the best that a kernel could do
  kEach,  // for the core that it last had, even if another one becomes idle meanwhile: what Linux
          // does, but for balancing, which comes too late for waits of a millisecond
};

// The processor cores, and the kernel that shares them between threads. A thread that wakes up gets
// an idle core if there is one, whichever (no caches are modelled); otherwise it waits in a queue,
// higher ranks first.
//
// With no more threads than cores this is a thread to a core, and costs one event a piece of work.
class Cores {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // `thread` has done `work`, and may be given more.
    virtual void WorkDone(Thread* thread, const Work& work) = 0;
  };

  // `events` and `listener` must outlive this.
  Cores(int cores, CoreQueues queues, const Costs& costs, EventQueue* events, Listener* listener);

  // A thread that sleeps. It lives as long as this.
  Thread* AddThread(std::string name, Rank rank);

  // True when `thread` slept and has to be woken (polling is no sleep).
  bool Post(Thread* thread, const Work& work);

  // `thread` spends `us` before its next work, or before it sleeps. Only from WorkDone of `thread`.
  void Charge(Thread* thread, double us) { thread->delay_us_ += us; }

  // For events of the kinds kWorkDone and kReschedule.
  void OnEvent(const Event& event);

  int count() const { return static_cast<int>(cores_.size()); }
  const std::vector<std::unique_ptr<Thread>>& threads() const { return threads_; }

 private:
  struct Queue {
    Fifo<Thread*> ready[kRanks];  // threads that wait for a core
  };
  struct Core {
    Thread* thread = nullptr;  // null: idle
    double work_end_us = 0;    // of the thread's current work, if nobody takes the core
    double slice_end_us = 0;   // when its turn is over, if somebody of the same rank waits
    double reschedule_us = 0;  // when kReschedule will come, if `reschedules`
    bool reschedules = false;
    uint32_t version = 0;  // raised when `thread` changes
  };

  static Rank RankOf(const Thread& thread);
  double SliceOf(Rank rank) const { return slices_us_[static_cast<int>(rank)]; }
  // When the slice ends that `core` is in now.
  double SliceEnd(Core& core) const;
  Queue& QueueOf(uint32_t core) { return queues_[queues_.size() == 1 ? 0 : core]; }
  // The first thread that waits for this core, of those of at least this rank. Null: none does.
  const Thread* FirstReady(uint32_t core, Rank lowest);

  void Wake(Thread* thread);
  void Enqueue(Thread* thread);
  // Sees to it that `thread`, which is ready, gets a core when one is due to it.
  void SeekRoom(const Thread& thread);
  // On the only core that it may have.
  void SeekRoomAt(uint32_t core, Rank rank);
  void RescheduleAt(uint32_t core, double at_us);
  // After `latency_us`, during which nobody works, `thread` does.
  void Occupy(uint32_t core, Thread* thread, double latency_us);
  void StartWork(uint32_t core, double latency_us);
  // `core` has nobody; the next ready thread gets it.
  void Release(uint32_t core);
  void TakeCore(uint32_t core);
  void EndWork(uint32_t core);
  void Reschedule(uint32_t core);

  const Costs costs_;
  const double slices_us_[kRanks];
  EventQueue* const events_;
  Listener* const listener_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<Core> cores_;
  std::vector<uint32_t> idle_;  // the last one has become idle last
  std::vector<Queue> queues_;   // one, or one a core
};

}  // namespace overtake::bench::simulate
