#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace overtake::bench::simulate {

enum class EventKind : uint8_t {
  kArrival,     // `index`: the load; a request of it is due
  kWorkDone,    // `index`: the core; its thread has done a piece of work
  kReschedule,  // `index`: the core; another thread may have to take it
};

struct Event {
  double at_us = 0;
  uint64_t order = 0;  // of insertion; decides between events of the same time
  EventKind kind = EventKind::kArrival;
  uint32_t index = 0;
  uint32_t version = 0;  // of a core: the event is void when another thread has got the core since
};

// What is going to happen, by time, and the clock. A binary heap; events of the same time come in
// the order in which they were added, so that a run depends on its seed alone.
class EventQueue {
 public:
  // Simulated microseconds from the start of the run: the time of the last event popped.
  double now_us() const { return now_us_; }
  bool empty() const { return heap_.empty(); }

  // REQUIRES: at_us >= now_us().
  void Add(double at_us, EventKind kind, uint32_t index, uint32_t version = 0) {
    const Event event{at_us, next_order_++, kind, index, version};
    size_t hole = heap_.size();
    heap_.push_back(event);
    while (hole > 0) {
      const size_t parent = (hole - 1) / 2;
      if (!Before(event, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = event;
  }

  // REQUIRES: !empty().
  Event Pop() {
    const Event first = heap_.front();
    const Event last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) SiftDown(last);
    now_us_ = first.at_us;
    return first;
  }

 private:
  static bool Before(const Event& a, const Event& b) {
    return a.at_us < b.at_us || (a.at_us == b.at_us && a.order < b.order);
  }

  // Puts `event` where the heap, whose root is free, has to have it.
  void SiftDown(const Event& event) {
    size_t hole = 0;
    for (size_t child = 1; child < heap_.size(); child = 2 * hole + 1) {
      if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) ++child;
      if (!Before(heap_[child], event)) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = event;
  }

  std::vector<Event> heap_;
  double now_us_ = 0;
  uint64_t next_order_ = 0;
};

}  // namespace overtake::bench::simulate
