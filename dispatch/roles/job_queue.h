// Jobs that wait for a worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dispatch/roles/job.h"

namespace overtake {

// A queue each for light and heavy jobs; both together know which job has waited longest. Not
// synchronised: its owner's lock is.
class JobQueue {
 public:
  // Which jobs a worker may have.
  struct Kinds {
    bool light = true;
    bool heavy = true;

    bool Holds(const Job& job) const { return job.heavy() ? heavy : light; }
  };

  void Push(Job* job) {
    job->queue_number = next_number_++;
    job->queue_next = nullptr;
    Queue& queue = queues_[job->heavy() ? kHeavy : kLight];
    (queue.last != nullptr ? queue.last->queue_next : queue.first) = job;
    queue.last = job;
    ++size_;
  }
  // The job of these kinds that has waited longest, or null.
  const Job* First(Kinds kinds) const {
    const Job* const light = kinds.light ? queues_[kLight].first : nullptr;
    const Job* const heavy = kinds.heavy ? queues_[kHeavy].first : nullptr;
    if (light == nullptr || heavy == nullptr) return light != nullptr ? light : heavy;
    return light->queue_number < heavy->queue_number ? light : heavy;
  }
  // Takes that one.
  Job* Pop(Kinds kinds) {
    const Job* const first = First(kinds);
    if (first == nullptr) return nullptr;
    Queue& queue = queues_[first->heavy() ? kHeavy : kLight];
    Job* const job = queue.first;
    queue.first = job->queue_next;
    if (queue.first == nullptr) queue.last = nullptr;
    --size_;
    return job;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  enum : size_t { kLight, kHeavy };
  struct Queue {
    Job* first = nullptr;
    Job* last = nullptr;
  };

  std::array<Queue, 2> queues_;
  uint64_t next_number_ = 0;
  size_t size_ = 0;
};

}  // namespace overtake
