// How many connections there are and may be, over all threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace overtake {

// Changed by acceptors (on accept) and readers (on close); read by anyone. Relaxed throughout:
// these are counts, nothing is published through them.
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
  bool Admit() {
    const bool entered = Enter();
    entered ? Accepted() : Rejected();
    return entered;
  }

  // A connection was closed because it sent nothing for too long.
  void KickedIdle() { idle_kicks_.fetch_add(1, std::memory_order_relaxed); }

  // Accepting stopped for lack of descriptors, and went on again.
  void Paused() {
    paused_acceptors_.fetch_add(1, std::memory_order_relaxed);
    pauses_.fetch_add(1, std::memory_order_relaxed);
  }
  void Resumed() { paused_acceptors_.fetch_sub(1, std::memory_order_relaxed); }

  bool refuse() const { return refuse_; }
  uint64_t idle_kicks() const { return idle_kicks_.load(std::memory_order_relaxed); }
  int64_t maximum() const { return maximum_; }
  int64_t current() const { return current_.load(std::memory_order_relaxed); }
  uint64_t total() const { return total_.load(std::memory_order_relaxed); }
  uint64_t rejected() const { return rejected_.load(std::memory_order_relaxed); }
  uint64_t pauses() const { return pauses_.load(std::memory_order_relaxed); }
  bool accepting() const { return paused_acceptors_.load(std::memory_order_relaxed) == 0; }

 private:
  const int64_t maximum_;
  const bool refuse_;
  std::atomic<int64_t> current_{0};
  std::atomic<uint64_t> total_{0};
  std::atomic<uint64_t> rejected_{0};
  std::atomic<uint64_t> pauses_{0};
  std::atomic<uint64_t> idle_kicks_{0};
  std::atomic<int> paused_acceptors_{0};
};

}  // namespace overtake
