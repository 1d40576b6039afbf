#include "server/storage/epoch.h"

namespace overtake {

// Gives the thread's slot back when the thread ends.
struct Epochs::Owner {
  ~Owner() {
    own_->epoch.store(kOutside, std::memory_order_release);
    own_->taken.store(false, std::memory_order_release);
    own_ = nullptr;
  }
};

void Epochs::TakeSlot() {
  for (Slot* slot = slots_.load(std::memory_order_acquire); slot != nullptr; slot = slot->next) {
    if (!slot->taken.exchange(true, std::memory_order_acquire)) {
      own_ = slot;
      break;
    }
  }
  if (own_ == nullptr) {
    Slot* const slot = new Slot;
    slot->taken.store(true, std::memory_order_relaxed);
    slot->next = slots_.load(std::memory_order_relaxed);
    while (!slots_.compare_exchange_weak(slot->next, slot)) {
    }
    own_ = slot;
  }
  thread_local const Owner owner;
  static_cast<void>(owner);
}

bool Epochs::Passed(uint64_t ticket) {
  // A slot added after this load announces itself with an epoch from the ticket on.
  for (Slot* slot = slots_.load(std::memory_order_seq_cst); slot != nullptr; slot = slot->next) {
    const uint64_t epoch = slot->epoch.load(std::memory_order_seq_cst);
    if (epoch != kOutside && epoch < ticket) return false;
  }
  return true;
}

}  // namespace overtake
