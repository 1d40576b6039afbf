#include "dispatch/roles/worker_pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dispatch/futex.h"
#include "dispatch/roles/connection.h"
#include "dispatch/roles/reader.h"
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

WorkerPool::WorkerPool(int workers, ExecutorId first_id, int poll_micros, RequestHandler* handler)
    : handler_(handler), poll_ticks_(static_cast<uint64_t>(poll_micros * TicksPerMicrosecond())) {
  for (int i = 0; i < workers; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(absl::StrCat("overtake-wk-", i), ExecutorId{first_id.value + i}));
  }
  for (auto& worker : workers_) {
    worker->thread = std::thread([this, self = worker.get()] { Run(self); });
  }
}

WorkerPool::~WorkerPool() = default;

void WorkerPool::Submit(Job* job) {
  Worker* worker = nullptr;
  {
    MutexLock lock(&mutex_);
    const bool queue = idle_.empty() || (waking_ > 0 && !job->heavy && IsAsleep(*idle_.back()));
    if (queue) {
      PushQueue(job);
      return;
    }
    worker = TakeIdle(*job);
  }
  Assign(worker, job);
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
    Assign(worker, nullptr);
  }
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void WorkerPool::Run(Worker* self) {
  SetThreadName(self->stats.name);
  SetTimeSlice(kLightSliceMicros);
  while (Job* job = NextJob(self)) {
    const bool heavy = job->heavy;
    if (heavy) {
      Flush(self);
      WakeForQueue();
      SetTimeSlice(kHeavySliceMicros);
    }
    job->Execute(handler_, self->executor, &self->stats);
    Report(self, job);
    if (heavy) SetTimeSlice(kLightSliceMicros);
  }
  Flush(self);
}

// The job that has waited longest; with none, this worker is idle until it is given one.
Job* WorkerPool::NextJob(Worker* self) {
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (stopping_) return nullptr;
      if (queue_first_ != nullptr) return PopQueue();
      if (self->unreported_to == nullptr) {
        self->state.store(kPolling, std::memory_order_relaxed);
        idle_.push_back(self);
        break;
      }
    }
    Flush(self);
  }
  Job* const job = AwaitAssignment(self);
  if (self->is_waking) {
    MutexLock lock(&mutex_);
    --waking_;
  }
  return job;
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
  Assign(worker, job);
}

void WorkerPool::Report(Worker* self, Job* job) {
  const bool heavy = job->heavy;
  Reader* const reader = job->connection->reader;
  if (self->unreported_to != reader) Flush(self);
  reader->GiveBack(job);  // from here on `job` is the reader's
  self->unreported_to = reader;
  if (heavy || ++self->unreported >= kMaxUnreported) Flush(self);
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
  worker->is_waking = !for_job.heavy && IsAsleep(*worker);
  if (worker->is_waking) ++waking_;
  return worker;
}

Job* WorkerPool::AwaitAssignment(Worker* self) {
  const uint64_t start = Ticks();
  while (self->state.load(std::memory_order_acquire) != kAssigned) {
    if (Ticks() - start < poll_ticks_) {
      RelaxCpu();
      continue;
    }
    uint32_t state = kPolling;
    self->state.compare_exchange_strong(state, kSleeping, std::memory_order_acq_rel);
    if (state != kAssigned) FutexWait(&self->state, kSleeping);
  }
  return std::exchange(self->job, nullptr);
}

void WorkerPool::Assign(Worker* worker, Job* job) {
  worker->job = job;
  if (worker->state.exchange(kAssigned, std::memory_order_acq_rel) == kSleeping) {
    FutexWakeOne(&worker->state);
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
