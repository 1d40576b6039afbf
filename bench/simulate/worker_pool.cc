#include "bench/simulate/worker_pool.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace overtake::bench::simulate {
namespace {

// Of the workers' time, what heavy requests take.
double HeavyShare(const Options& options) {
  double heavy = 0, all = 0;
  for (const Load& load : options.loads) {
    const double work = load.per_second * load.execution.Mean();
    all += work;
    if (load.heavy) heavy += work;
  }
  return all > 0 ? heavy / all : 0;
}

}  // namespace

WorkerPool::Shares WorkerPool::SharesOf(Policy policy, int workers, const Options& options) {
  if (policy == Policy::kFcfs || workers < 2) return {.light = workers, .heavy = workers};
  if (policy == Policy::kReserve) {
    // What light requests need, rounded up.
    const double light = (1 - HeavyShare(options)) * workers;
    const int reserved = std::clamp(static_cast<int>(std::ceil(light)), 1, workers - 1);
    return {.light = workers, .heavy = workers - reserved, .light_first = true};
  }
  const double share = HeavyShare(options) * workers;
  const int heavy = std::clamp(static_cast<int>(std::lround(share)), 1, workers - 1);
  return {.light = workers - heavy, .heavy = heavy};
}

WorkerPool::WorkerPool(int workers, Shares shares, const Options& options, Cores* cores)
    : costs_(options.costs), shares_(shares), cores_(cores) {
  const int threads = static_cast<int>(cores->threads().size()) + workers;
  for (int i = 0; i < workers; ++i) {
    idle_.push_back(cores->AddThread(absl::StrCat("worker ", i), Rank::kUrgent));
    if (cores->count() > threads) idle_.back()->set_poll_us(costs_.poll_us);
  }
}

void WorkerPool::Submit(Request* request, Thread* reader) {
  request->submitted = submitted_++;
  if (idle_.empty() || !MayRun(request->heavy)) {
    (request->heavy ? heavy_ : light_).Push(request);
    return;
  }
  Thread* const worker = idle_.back();
  idle_.pop_back();
  if (Start(worker, request)) cores_->Charge(reader, costs_.wake_us);
}

void WorkerPool::GiveBack(Thread* worker, const Request* request) {
  --RunningOf(*request);
  if (Request* const next = Next()) {
    Start(worker, next);
  } else {
    idle_.push_back(worker);
  }
}

Request* WorkerPool::Next() {
  const bool light = !light_.empty() && MayRun(false);
  const bool heavy = !heavy_.empty() && MayRun(true);
  if (!light && !heavy) return nullptr;
  const bool light_next = light && (!heavy || shares_.light_first ||
                                    light_.front()->submitted < heavy_.front()->submitted);
  return (light_next ? light_ : heavy_).Pop();
}

bool WorkerPool::Start(Thread* worker, Request* request) {
  ++RunningOf(*request);
  const Work work{request, request->execute_us + costs_.give_back_us, Step::kExecute,
                  request->heavy};
  return cores_->Post(worker, work);
}

}  // namespace overtake::bench::simulate
