#include "bench/simulate/cores.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace overtake::bench::simulate {

Cores::Cores(int cores, CoreQueues queues, const Costs& costs, EventQueue* events,
             Listener* listener)
    : costs_(costs),
      slices_us_{costs.urgent_slice_us, costs.slice_us, costs.low_slice_us},
      events_(events),
      listener_(listener),
      cores_(static_cast<size_t>(cores)),
      queues_(queues == CoreQueues::kOne ? 1 : static_cast<size_t>(cores)) {
  for (uint32_t core = static_cast<uint32_t>(cores); core > 0; --core) idle_.push_back(core - 1);
}

Thread* Cores::AddThread(std::string name, Rank rank) {
  threads_.push_back(std::make_unique<Thread>(std::move(name), rank));
  return threads_.back().get();
}

bool Cores::Post(Thread* thread, const Work& work) {
  thread->work_.Push(work);
  if (thread->state_ != Thread::State::kAsleep) return false;
  const bool polling = events_->now_us() - thread->asleep_since_us_ < thread->poll_us_;
  Wake(thread);
  return !polling;
}

void Cores::OnEvent(const Event& event) {
  Core& core = cores_[event.index];
  if (event.kind == EventKind::kReschedule) {
    // Of several that were planned, the earliest counts.
    if (!core.reschedules || event.at_us < core.reschedule_us) return;
    core.reschedules = false;
    Reschedule(event.index);
  } else if (event.version == core.version) {
    EndWork(event.index);
  }
}

Rank Cores::RankOf(const Thread& thread) {
  if (!thread.has_current_ && thread.work_.empty()) return thread.rank_;
  const Work& next = thread.has_current_ ? thread.current_ : thread.work_.front();
  return next.low ? Rank::kLow : thread.rank_;
}

// Who has used up a slice while nobody wanted the core has begun another.
double Cores::SliceEnd(Core& core) const {
  const double now_us = events_->now_us();
  if (core.slice_end_us <= now_us) {
    const double slice = SliceOf(RankOf(*core.thread));
    core.slice_end_us += (std::floor((now_us - core.slice_end_us) / slice) + 1) * slice;
  }
  return core.slice_end_us;
}

const Thread* Cores::FirstReady(uint32_t core, Rank lowest) {
  const Queue& queue = QueueOf(core);
  for (int rank = 0; rank <= static_cast<int>(lowest); ++rank) {
    if (!queue.ready[rank].empty()) return queue.ready[rank].front();
  }
  return nullptr;
}

void Cores::Wake(Thread* thread) {
  if (idle_.empty()) {
    Enqueue(thread);
    SeekRoom(*thread);
    return;
  }
  const bool polling = events_->now_us() - thread->asleep_since_us_ < thread->poll_us_;
  const uint32_t core = idle_.back();
  idle_.pop_back();
  Occupy(core, thread, polling ? costs_.poll_latency_us : costs_.wake_latency_us);
}

void Cores::Enqueue(Thread* thread) {
  thread->state_ = Thread::State::kReady;
  QueueOf(thread->last_core_).ready[static_cast<int>(RankOf(*thread))].Push(thread);
}

void Cores::SeekRoomAt(uint32_t index, Rank rank) {
  const Rank other = RankOf(*cores_[index].thread);
  if (other > rank) {
    RescheduleAt(index, events_->now_us() + costs_.preempt_us);
  } else if (other == rank) {
    RescheduleAt(index, SliceEnd(cores_[index]));
  }
}

void Cores::SeekRoom(const Thread& thread) {
  const Rank rank = RankOf(thread);
  if (queues_.size() > 1) {
    SeekRoomAt(thread.last_core_, rank);
    return;
  }
  const double soon = events_->now_us() + costs_.preempt_us;
  // The thread of the lowest rank has to make room. Who is about to make room for another one
  // already is passed over.
  uint32_t victim = 0;
  Rank lowest = rank;
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    const Core& core = cores_[i];
    if (core.reschedules && core.reschedule_us <= soon) continue;
    const Rank other = RankOf(*core.thread);
    if (other <= lowest) continue;
    victim = i;
    lowest = other;
  }
  if (lowest > rank) {
    RescheduleAt(victim, soon);
    return;
  }
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    if (RankOf(*cores_[i].thread) == rank) RescheduleAt(i, SliceEnd(cores_[i]));
  }
}

void Cores::RescheduleAt(uint32_t index, double at_us) {
  Core& core = cores_[index];
  if (core.reschedules && core.reschedule_us <= at_us) return;
  core.reschedules = true;
  core.reschedule_us = at_us;
  events_->Add(at_us, EventKind::kReschedule, index);
}

void Cores::Occupy(uint32_t index, Thread* thread, double latency_us) {
  Core& core = cores_[index];
  core.thread = thread;
  core.reschedules = false;
  ++core.version;
  core.slice_end_us = events_->now_us() + SliceOf(RankOf(*thread));
  thread->state_ = Thread::State::kRunning;
  thread->last_core_ = index;
  StartWork(index, latency_us);
  if (const Thread* next = FirstReady(index, Rank::kLow)) SeekRoom(*next);
}

void Cores::StartWork(uint32_t index, double latency_us) {
  Core& core = cores_[index];
  Thread* const thread = core.thread;
  if (!thread->has_current_) {
    thread->current_ = thread->work_.empty() ? Work{} : thread->work_.Pop();
    thread->has_current_ = true;
    thread->left_us_ = thread->current_.us;
  }
  thread->left_us_ += std::exchange(thread->delay_us_, 0);
  thread->busy_us_ += thread->left_us_;
  core.work_end_us = events_->now_us() + latency_us + thread->left_us_;
  events_->Add(core.work_end_us, EventKind::kWorkDone, index, core.version);
}

void Cores::Release(uint32_t index) {
  for (Fifo<Thread*>& ready : QueueOf(index).ready) {
    if (ready.empty()) continue;
    Occupy(index, ready.Pop(), costs_.switch_us);
    return;
  }
  Core& core = cores_[index];
  core.thread = nullptr;
  core.reschedules = false;
  ++core.version;
  idle_.push_back(index);
}

// From its thread, in the middle of a piece of work or before one.
void Cores::TakeCore(uint32_t index) {
  Core& core = cores_[index];
  Thread* const thread = core.thread;
  if (thread->has_current_) {
    thread->left_us_ = core.work_end_us - events_->now_us();
    thread->busy_us_ -= thread->left_us_;
  }
  Enqueue(thread);
  Release(index);
}

void Cores::EndWork(uint32_t index) {
  Core& core = cores_[index];
  Thread* const thread = core.thread;
  thread->has_current_ = false;
  const Work done = thread->current_;
  if (done.request != nullptr) listener_->WorkDone(thread, done);
  if (thread->work_.empty() && thread->delay_us_ == 0) {
    thread->state_ = Thread::State::kAsleep;
    thread->asleep_since_us_ = events_->now_us();
    Release(index);
    return;
  }
  // Work of another rank may come now: for the kernel, another thread.
  const Rank before = done.low ? Rank::kLow : thread->rank_;
  const Rank rank = RankOf(*thread);
  if (rank > before &&
      FirstReady(index, static_cast<Rank>(static_cast<int>(rank) - 1)) != nullptr) {
    TakeCore(index);
    return;
  }
  if (rank != before) cores_[index].slice_end_us = events_->now_us() + SliceOf(rank);
  StartWork(index, 0);
}

void Cores::Reschedule(uint32_t index) {
  Core& core = cores_[index];
  const Rank rank = RankOf(*core.thread);
  // A slice that ended unnoticed, for nobody waited, is not the one that this event is for.
  const bool slice_over = core.slice_end_us == events_->now_us();
  const Thread* const next = FirstReady(index, rank);
  if (next == nullptr) return;
  if (slice_over || RankOf(*next) < rank) {
    TakeCore(index);
  } else {
    SeekRoom(*next);
  }
}

}  // namespace overtake::bench::simulate
