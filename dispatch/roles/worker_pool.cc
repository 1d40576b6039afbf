#include "dispatch/roles/worker_pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/futex.h"
#include "base/start_thread.h"
#include "base/thread_name.h"
#include "base/thread_slice.h"
#include "base/ticks.h"
#include "dispatch/roles/connection.h"
#include "dispatch/roles/reader.h"
#include "dispatch/roles/writer.h"

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

JobQueue::Kinds WorkerPool::KindsOf(Policy policy, int worker, int workers) {
  const bool is_kept = worker < std::max(1, workers / 4);
  switch (policy) {
    case Policy::kFcfs:
      break;
    case Policy::kReserve:
      return {.light = true, .heavy = !is_kept};
    case Policy::kSize:
      return {.light = !is_kept, .heavy = is_kept};
  }
  return {};
}

WorkerPool::WorkerPool(const Setup& setup, ExecutorId first_id, RequestHandler* handler)
    : kind_(setup.kind),
      policy_(setup.policy),
      handler_(handler),
      poll_ticks_(static_cast<uint64_t>(setup.poll_micros * TicksPerMicrosecond())),
      patience_ticks_(static_cast<uint64_t>(kPatienceMicros * TicksPerMicrosecond())),
      lately_ticks_(static_cast<uint64_t>(1e6 * TicksPerMicrosecond())) {
  for (int i = 0; i < setup.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(absl::StrCat("overtake-wk-", i),
                                                ExecutorId{first_id.value + i},
                                                KindsOf(setup.policy, i, setup.workers)));
  }
  {
    MutexLock lock(&mutex_);
    for (auto& worker : workers_) idle_.push_back(worker.get());
  }
  try {
    for (auto& worker : workers_) {
      if (kind_ == Kind::kAll) StartHand(worker.get(), &worker->light);
      StartHand(worker.get(), &worker->heavy);
    }
  } catch (...) {
    Stop();  // threads that run must not outlive the object that was not made
    throw;
  }
}

void WorkerPool::StartHand(Worker* self, Hand* hand) {
  hand->thread = StartThread([this, self, hand] { Run(self, hand); });
}

WorkerPool::~WorkerPool() = default;

bool WorkerPool::Submit(Job* job) {
  const bool light = !job->heavy();
  if (!light) NoteHeavy();
  if (!mutex_.TryLock()) {
    job->light_queued = light;
    incoming_.Push(job);
    has_incoming_.exchange(true, std::memory_order_seq_cst);
    TakeIncoming();
    return light;
  }
  Assignments given;
  const bool queued = !Place(job, &given);
  if (queued) job->light_queued = light;
  mutex_.Unlock();
  AssignAll(given);
  TakeIncoming();
  return queued && light;
}

void WorkerPool::TakeIncoming() {
  while (has_incoming_.load(std::memory_order_seq_cst) && mutex_.TryLock()) {
    Assignments given;
    // First the flag: what comes from here on sets it again.
    has_incoming_.exchange(false, std::memory_order_seq_cst);
    for (Job* job = incoming_.TakeAll(); job != nullptr;) {
      Job* const next = job->mpsc_next;
      Place(job, &given);
      job = next;
    }
    mutex_.Unlock();
    AssignAll(given);
  }
}

bool WorkerPool::Place(Job* job, Assignments* given) {
  Worker* const worker = FindIdle(*job);
  if (worker == nullptr || (waking_ > 0 && !job->heavy() && worker->is_asleep())) {
    job->queued_ticks = Ticks();
    queue_.Push(job);
    queue_depth_.Set(queue_.size());
    return false;
  }
  TakeIdle(worker, *job);
  given->emplace_back(worker, job);
  return true;
}

void WorkerPool::AssignAll(const Assignments& given) {
  for (const auto& [worker, job] : given) Assign(worker->HandFor(*job), job);
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
    BeAwake(self);
    for (; job != nullptr; job = NextJob(self, hand)) Execute(self, job);
  }
}

void WorkerPool::Execute(Worker* self, Job* job) {
  // That reader would not know that it has to look.
  if (self->unreported_to != job->connection->reader) Flush(self);
  const bool heavy = job->heavy();
  if (kind_ == Kind::kHeavy) {
    ExecuteAndSend(self, job);
  } else {
    if (!heavy) job->Prepare(handler_);
    job->Execute(handler_, self->executor, &self->stats);
  }
  Report(self, job, /*at_once=*/heavy);
}

void WorkerPool::ExecuteAndSend(Worker* self, Job* job) {
  const uint64_t sent_before = self->stats.bytes_written.Get();
  do {
    NoteHeavy();
    job->Execute(handler_, self->executor, &self->stats);
    if (SendReply(*job->connection, SIZE_MAX, &self->stats) != Sent::kAll) return;
    // On with the request, or with the next one if it is heavy too and no job is queued.
  } while (job->heavy() && self->stats.bytes_written.Get() - sent_before < kMaxSendBytes &&
           (job->resumed() || queue_depth() == 0));
}

Job* WorkerPool::NextJob(Worker* self, Hand* hand) {
  while (true) {
    Job* job = nullptr;
    bool stop = false;
    bool idle = false;
    {
      MutexLock lock(&mutex_);
      if (stopping_) {
        stop = true;
      } else if ((job = PopQueued(self->kinds)) == nullptr && self->unreported_to == nullptr) {
        hand->state.store(kPolling, std::memory_order_relaxed);
        idle_.push_back(self);
        idle = true;  // and from here on `self` is another's
      }
    }
    TakeIncoming();
    if (idle) return nullptr;
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

Job* WorkerPool::PopQueued(JobQueue::Kinds kinds) {
  Job* const job = queue_.Pop(kinds);
  queue_depth_.Set(queue_.size());
  return job;
}

void WorkerPool::BeAwake(Worker* self) {
  if (!std::exchange(self->is_waking, false)) return;
  {
    MutexLock lock(&mutex_);
    --waking_;
  }
  SpreadOverdue();
}

void WorkerPool::SpreadOverdue() {
  if (!mutex_.TryLock()) return;
  Assignments given;
  int woken = 0;
  while (const Job* const first = idle_.empty() ? nullptr : queue_.First(kLightOnly)) {
    if (woken == kWokenAtOnce || Ticks() < first->queued_ticks + patience_ticks_) break;
    Worker* const worker = FindIdle(*first);
    if (worker == nullptr) break;
    TakeIdle(worker, *first);
    if (worker->is_waking) ++woken;
    given.emplace_back(worker, PopQueued(kLightOnly));
  }
  mutex_.Unlock();
  AssignAll(given);
  TakeIncoming();
}

void WorkerPool::Report(Worker* self, Job* job, bool at_once) {
  Reader* const reader = job->connection->reader;
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

WorkerPool::Worker* WorkerPool::FindIdle(const Job& for_job) const {
  // One that may have nothing else, if there is one: the others stay free for what only they may
  // have.
  Worker* found = nullptr;
  for (auto worker = idle_.rbegin(); worker != idle_.rend(); ++worker) {
    const JobQueue::Kinds kinds = (*worker)->kinds;
    if (!kinds.Holds(for_job)) continue;
    if (found == nullptr) found = *worker;
    if (!kinds.light || !kinds.heavy) return *worker;
    if (policy_ == Policy::kFcfs) break;
  }
  return found;
}

void WorkerPool::TakeIdle(Worker* worker, const Job& for_job) {
  idle_.erase(std::find(idle_.rbegin(), idle_.rend(), worker).base() - 1);
  worker->is_waking = !for_job.heavy() && worker->is_asleep();
  if (worker->is_waking) ++waking_;
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

}  // namespace overtake
