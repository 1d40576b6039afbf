#include "bench/simulate/worker_pool.h"

#include "absl/strings/str_cat.h"
#include "dispatch/roles/worker_pool.h"

namespace overtake::bench::simulate {

WorkerPool::WorkerPool(int workers, Policy policy, const Costs& costs, Cores* cores)
    : policy_(workers < 2 ? Policy::kFcfs : policy), costs_(costs), cores_(cores) {
  const int threads = static_cast<int>(cores->threads().size()) + workers;
  for (int i = 0; i < workers; ++i) {
    Thread* const thread = cores->AddThread(absl::StrCat("worker ", i), Rank::kUrgent);
    if (cores->count() > threads) thread->set_poll_us(costs_.poll_us);
    idle_.push_back(static_cast<uint32_t>(workers_.size()));
    workers_.push_back({thread, overtake::WorkerPool::KindsOf(policy_, i, workers)});
  }
}

void WorkerPool::Submit(Request* request, Thread* reader) {
  request->submitted = submitted_++;
  const auto idle = FindIdle(request->heavy);
  if (idle == idle_.end()) {
    (request->heavy ? heavy_ : light_).Push(request);
    return;
  }
  const uint32_t worker = *idle;
  idle_.erase(idle);
  if (Start(worker, request)) cores_->Charge(reader, costs_.wake_us);
}

void WorkerPool::GiveBack(const Request& request) {
  if (Request* const next = Next(workers_[request.worker].kinds)) {
    Start(request.worker, next);
  } else {
    idle_.push_back(request.worker);
  }
}

std::vector<uint32_t>::iterator WorkerPool::FindIdle(bool heavy) {
  auto found = idle_.end();
  for (auto idle = idle_.end(); idle != idle_.begin();) {
    const JobQueue::Kinds kinds = workers_[*--idle].kinds;
    if (!(heavy ? kinds.heavy : kinds.light)) continue;
    // As in the server: the others stay free for what only they may have.
    if (!kinds.light || !kinds.heavy) return idle;
    if (found == idle_.end()) found = idle;
    if (policy_ == Policy::kFcfs) break;
  }
  return found;
}

Request* WorkerPool::Next(JobQueue::Kinds kinds) {
  const bool light = kinds.light && !light_.empty();
  const bool heavy = kinds.heavy && !heavy_.empty();
  if (!light && !heavy) return nullptr;
  const bool light_next =
      light && (!heavy || light_.front()->submitted < heavy_.front()->submitted);
  return (light_next ? light_ : heavy_).Pop();
}

bool WorkerPool::Start(uint32_t worker, Request* request) {
  request->worker = worker;
  const Work work{request, request->execute_us + costs_.give_back_us, Step::kExecute,
                  request->heavy};
  return cores_->Post(workers_[worker].thread, work);
}

}  // namespace overtake::bench::simulate
