#include "dispatch/roles/worker_pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dispatch/futex.h"
#include "dispatch/roles/connection.h"
#include "dispatch/roles/reader.h"
#include "dispatch/roles/writer.h"
#include "dispatch/thread_name.h"
#include "dispatch/thread_slice.h"
#include "dispatch/ticks.h"

namespace overtake {
namespace {

void RelaxCpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

WorkerPool::WorkerPool(Kind kind, int workers, ExecutorId first_id, int poll_micros,
                       RequestHandler* handler)
    : kind_(kind),
      handler_(handler),
      poll_ticks_(static_cast<uint64_t>(poll_micros * TicksPerMicrosecond())) {
  for (int i = 0; i < workers; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(absl::StrCat("overtake-wk-", i), ExecutorId{first_id.value + i}));
  }
  MutexLock lock(&mutex_);
  for (auto& worker : workers_) {
    idle_.push_back(worker.get());
    for (Hand* hand : {&worker->light, &worker->heavy}) {
      if (hand == &worker->light && kind_ == Kind::kHeavy) continue;
      hand->thread = std::thread([this, self = worker.get(), hand] { Run(self, hand); });
    }
  }
}

WorkerPool::~WorkerPool() = default;

void WorkerPool::Submit(Job* job) {
  Worker* worker = nullptr;
  {
    MutexLock lock(&mutex_);
    const bool queue = idle_.empty() || (waking_ > 0 && !job->heavy() && idle_.back()->is_asleep());
    if (queue) {
      PushQueue(job);
      return;
    }
    worker = TakeIdle(*job);
  }
  Assign(worker->HandFor(*job), job);
}

void WorkerPool::Stop() {
  std::vector<Worker*> idle;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    idle.swap(idle_);
  }
  for (Worker* worker : idle) {
    worker->is_waking = false;
    Assign(&worker->light, nullptr);
    Assign(&worker->heavy, nullptr);
  }
  for (auto& worker : workers_) {
    for (Hand* hand : {&worker->light, &worker->heavy}) {
      if (hand->thread.joinable()) hand->thread.join();
    }
  }
}

void WorkerPool::Run(Worker* self, Hand* hand) {
  const bool heavy = hand == &self->heavy;
  SetThreadName(absl::StrCat(self->stats.name, heavy ? "h" : ""));
  SetTimeSlice(heavy ? kHeavySliceMicros : kLightSliceMicros);
  if (heavy) LowerPriority();
  while (Job* job = AwaitAssignment(hand, heavy ? 0 : poll_ticks_)) {
    CountAwake(self);
    for (; job != nullptr; job = NextJob(self, hand)) Execute(self, job);
  }
}

void WorkerPool::Execute(Worker* self, Job* job) {
  const bool heavy = job->heavy();
  if (heavy) WakeForQueue();
  if (kind_ == Kind::kHeavy) {
    ExecuteAndSend(self, job);
  } else {
    job->Execute(handler_, self->executor, Reply::kSoftLimitBytes, &self->stats);
  }
  Report(self, job, /*at_once=*/heavy);
}

void WorkerPool::ExecuteAndSend(Worker* self, Job* job) {
  const uint64_t sent_before = self->stats.bytes_written.Get();
  do {
    job->Execute(handler_, self->executor, kPieceBytes, &self->stats);
    if (SendReply(*job->connection, SIZE_MAX, &self->stats) != Sent::kAll) return;
  } while (job->resumed && self->stats.bytes_written.Get() - sent_before < kMaxTurnBytes);
}

Job* WorkerPool::NextJob(Worker* self, Hand* hand) {
  while (true) {
    Job* job = nullptr;
    bool stop = false;
    {
      MutexLock lock(&mutex_);
      if (stopping_) {
        stop = true;
      } else if (queue_first_ != nullptr) {
        job = PopQueue();
      } else if (self->unreported_to == nullptr) {
        hand->state.store(kPolling, std::memory_order_relaxed);
        idle_.push_back(self);
        return nullptr;
      }
    }
    if (job != nullptr && self->HandFor(*job) == hand) return job;
    Flush(self);
    if (stop) Assign(hand, nullptr);
    if (job != nullptr) hand->state.store(kPolling, std::memory_order_relaxed);
    if (stop || job != nullptr) {
      Assign(self->OtherThan(hand), job);
      return nullptr;
    }
  }
}

void WorkerPool::CountAwake(Worker* self) {
  if (!std::exchange(self->is_waking, false)) return;
  MutexLock lock(&mutex_);
  --waking_;
}

void WorkerPool::WakeForQueue() {
  Worker* worker = nullptr;
  Job* job = nullptr;
  {
    MutexLock lock(&mutex_);
    if (queue_first_ == nullptr || idle_.empty()) return;
    job = PopQueue();
    worker = TakeIdle(*job);
  }
  Assign(worker->HandFor(*job), job);
}

void WorkerPool::Report(Worker* self, Job* job, bool at_once) {
  Reader* const reader = job->connection->reader;
  if (self->unreported_to != reader) Flush(self);
  reader->GiveBack(job);  // from here on `job` is the reader's
  self->unreported_to = reader;
  if (at_once || ++self->unreported >= kMaxUnreported) Flush(self);
}

void WorkerPool::Flush(Worker* self) {
  if (self->unreported_to == nullptr) return;
  self->unreported_to->loop().Wake();
  self->unreported_to = nullptr;
  self->unreported = 0;
}

void WorkerPool::PushQueue(Job* job) {
  job->queue_next = nullptr;
  (queue_last_ != nullptr ? queue_last_->queue_next : queue_first_) = job;
  queue_last_ = job;
  ++queued_;
}

Job* WorkerPool::PopQueue() {
  Job* const job = queue_first_;
  queue_first_ = job->queue_next;
  if (queue_first_ == nullptr) queue_last_ = nullptr;
  --queued_;
  return job;
}

WorkerPool::Worker* WorkerPool::TakeIdle(const Job& for_job) {
  Worker* const worker = idle_.back();
  idle_.pop_back();
  worker->is_waking = !for_job.heavy() && worker->is_asleep();
  if (worker->is_waking) ++waking_;
  return worker;
}

Job* WorkerPool::AwaitAssignment(Hand* hand, uint64_t poll_ticks) {
  const uint64_t start = Ticks();
  while (hand->state.load(std::memory_order_acquire) != kAssigned) {
    if (Ticks() - start < poll_ticks) {
      RelaxCpu();
      continue;
    }
    uint32_t state = kPolling;
    hand->state.compare_exchange_strong(state, kSleeping, std::memory_order_acq_rel);
    if (state != kAssigned) FutexWait(&hand->state, kSleeping);
  }
  return std::exchange(hand->job, nullptr);
}

void WorkerPool::Assign(Hand* hand, Job* job) {
  hand->job = job;
  if (hand->state.exchange(kAssigned, std::memory_order_acq_rel) == kSleeping) {
    FutexWakeOne(&hand->state);
  }
}

std::vector<const ThreadStats*> WorkerPool::stats() const {
  std::vector<const ThreadStats*> all;
  for (const auto& worker : workers_) all.push_back(&worker->stats);
  return all;
}

size_t WorkerPool::queue_depth() const {
  MutexLock lock(&mutex_);
  return queued_;
}

}  // namespace overtake
