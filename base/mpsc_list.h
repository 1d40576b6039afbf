// What other threads leave for one thread to pick up.
#pragma once

#include <atomic>

namespace overtake {

// An intrusive list with many producers and one consumer, without locks. `T` has a member
// `T* mpsc_next` that belongs to the list while the element is in it.
template <typename T>
class MpscList {
 public:
  // Any thread. Hands `element` over: what was written before is visible to the consumer.
  void Push(T* element) {
    T* head = head_.load(std::memory_order_relaxed);
    do {
      element->mpsc_next = head;
    } while (!head_.compare_exchange_weak(head, element, std::memory_order_release,
                                          std::memory_order_relaxed));
  }

  // The consumer. Takes all elements, oldest first, chained by `mpsc_next`; nullptr when empty.
  T* TakeAll() {
    if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    T* newest_first = head_.exchange(nullptr, std::memory_order_acquire);
    T* oldest_first = nullptr;
    while (newest_first != nullptr) {
      T* const next = newest_first->mpsc_next;
      newest_first->mpsc_next = oldest_first;
      oldest_first = newest_first;
      newest_first = next;
    }
    return oldest_first;
  }

 private:
  std::atomic<T*> head_{nullptr};
};

}  // namespace overtake
