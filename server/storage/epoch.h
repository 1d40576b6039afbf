// When memory that readers may still be looking at can be used again.
#pragma once

#include <atomic>
#include <cstdint>

namespace overtake {

// Epoch-based reclamation (Fraser, "Practical lock-freedom", 2004, section 5.2.3), one domain for
// the process. A reader enters before it looks at shared memory and leaves after; the reclaimer
// asks for a ticket once it has taken memory out of reach, and uses it again once all readers that
// were inside then have left. Entering and leaving wait for nobody; threads may come and go.
class Epochs {
 public:
  // Enters for the length of a scope. May be nested.
  class Guard {
   public:
    Guard() { Enter(); }
    ~Guard() { Leave(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
  };

  static void Enter() {
    if (depth_++ == 0) Announce();
  }
  static void Leave() {
    if (--depth_ == 0) own_->epoch.store(kOutside, std::memory_order_release);
  }
  // Whether the calling thread is inside.
  static bool Inside() { return depth_ > 0; }

  // To be called when something was taken out of reach: a reader that enters from now on cannot
  // find it.
  static uint64_t Retire() { return current_.fetch_add(1, std::memory_order_seq_cst) + 1; }
  // Whether all readers that were inside when Retire gave `ticket` have left.
  static bool Passed(uint64_t ticket);

 private:
  static constexpr uint64_t kOutside = 0;

  // A thread's, while it lives; then another's. Never freed.
  struct alignas(64) Slot {
    std::atomic<uint64_t> epoch{kOutside};  // written by the thread
    std::atomic<bool> taken{false};
    Slot* next = nullptr;  // set before the slot is published
  };
  struct Owner;

  static void Announce() {
    if (own_ == nullptr) TakeSlot();
    // Either Retire comes after the last load here, and Passed finds the slot announced; or it came
    // before, the load saw it, and what was taken out of reach before it is out of reach.
    uint64_t epoch = current_.load(std::memory_order_relaxed);
    while (true) {
      own_->epoch.store(epoch, std::memory_order_seq_cst);
      const uint64_t again = current_.load(std::memory_order_seq_cst);
      if (again == epoch) return;
      epoch = again;
    }
  }
  static void TakeSlot();

  // Apart from whatever the linker would put beside it: every reader loads it.
  alignas(64) static inline std::atomic<uint64_t> current_{1};
  alignas(64) static inline std::atomic<Slot*> slots_{nullptr};  // only grows, at its head
  static inline constinit thread_local Slot* own_ = nullptr;
  static inline constinit thread_local int depth_ = 0;
};

}  // namespace overtake
