// How many connections there are and may be, over all threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace overtake {

// Changed by acceptors (on accept) and readers (on close); read by anyone. The atomics are relaxed:
// they are counts, nothing is published through them.
class ConnectionLimits {
 public:
  // With `refuse`, connections beyond the maximum are accepted and turned away; otherwise they wait
  // in the kernel's queue.
  explicit ConnectionLimits(int maximum, bool refuse = true) : maximum_(maximum), refuse_(refuse) {}

  // Takes a place for a connection, before or after it is accepted. False when there are too many.
  bool Enter() {
    if (current_.fetch_add(1, std::memory_order_relaxed) < maximum_) return true;
    Leave();
    return false;
  }
  void Leave() { current_.fetch_sub(1, std::memory_order_relaxed); }
  // Counts a connection that was accepted, and one that was turned away.
  void Accepted() { total_.fetch_add(1, std::memory_order_relaxed); }
  void Rejected() { rejected_.fetch_add(1, std::memory_order_relaxed); }

  // A connection was closed because it sent nothing for too long.
  void KickedIdle() { idle_kicks_.fetch_add(1, std::memory_order_relaxed); }

  // An acceptor stopped for lack of descriptors or places, and could go on again. A pause of the
  // server lasts from the first that stops until none is stopped. Returns whether this begins one
  // that is to be logged: not more than one a second, however fast clients come and go.
  bool Paused() {
    MutexLock lock(&mutex_);
    if (paused_acceptors_++ > 0) return false;
    ++pauses_;
    paused_since_ = Clock::now();
    if (logged_at_ != Clock::time_point() && paused_since_ - logged_at_ < kLogAgainAfter) {
      return false;
    }
    logged_at_ = paused_since_;
    return true;
  }
  void Resumed() {
    MutexLock lock(&mutex_);
    if (--paused_acceptors_ == 0) paused_for_ += Clock::now() - paused_since_;
  }

  bool refuse() const { return refuse_; }
  uint64_t idle_kicks() const { return idle_kicks_.load(std::memory_order_relaxed); }
  int64_t maximum() const { return maximum_; }
  int64_t current() const { return current_.load(std::memory_order_relaxed); }
  uint64_t total() const { return total_.load(std::memory_order_relaxed); }
  uint64_t rejected() const { return rejected_.load(std::memory_order_relaxed); }
  bool full() const { return current() >= maximum_; }
  uint64_t pauses() const {
    MutexLock lock(&mutex_);
    return pauses_;
  }
  // Microseconds in pauses that are over.
  uint64_t paused_micros() const {
    MutexLock lock(&mutex_);
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(paused_for_).count());
  }
  bool accepting() const {
    MutexLock lock(&mutex_);
    return paused_acceptors_ == 0;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLogAgainAfter{1};

  const int64_t maximum_;
  const bool refuse_;
  std::atomic<int64_t> current_{0};
  std::atomic<uint64_t> total_{0};
  std::atomic<uint64_t> rejected_{0};
  std::atomic<uint64_t> idle_kicks_{0};

  mutable Mutex mutex_;  // taken by acceptors that pause or go on, and for statistics
  int paused_acceptors_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t pauses_ ABSL_GUARDED_BY(mutex_) = 0;
  Clock::time_point paused_since_ ABSL_GUARDED_BY(mutex_);
  Clock::duration paused_for_ ABSL_GUARDED_BY(mutex_){};
  Clock::time_point logged_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace overtake
