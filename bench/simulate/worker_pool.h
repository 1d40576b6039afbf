#pragma once

#include <vector>

#include "bench/simulate/cores.h"
#include "bench/simulate/fifo.h"
#include "bench/simulate/options.h"
#include "bench/simulate/request.h"

namespace overtake::bench::simulate {

// The workers of nginx, ramcloud and overtake. A job goes to the worker that became idle last; when
// it may not have one, it waits. Workers run heavy jobs at the lowest rank (dispatch's WorkerPool
// has two threads a worker for that, its hands).
class WorkerPool {
 public:
  // How many workers may have a light job at a time, and how many a heavy one. What the policies
  // differ in; who comes next where both may is said by `light_first`, otherwise by age.
  struct Shares {
    int light;
    int heavy;
    bool light_first = false;
  };
  static Shares SharesOf(Policy policy, int workers, const Options& options);

  WorkerPool(int workers, Shares shares, const Options& options, Cores* cores);

  // From the WorkDone of the reader that has read the request.
  void Submit(Request* request, Thread* reader);

  // From the WorkDone of `worker`, which has executed `request`: it takes its next one.
  void GiveBack(Thread* worker, const Request* request);

 private:
  int& RunningOf(const Request& request) { return request.heavy ? heavy_running_ : light_running_; }
  bool MayRun(bool heavy) const {
    return heavy ? heavy_running_ < shares_.heavy : light_running_ < shares_.light;
  }
  // The job that an idle worker gets; null when none may run.
  Request* Next();
  // True when the worker has to be woken.
  bool Start(Thread* worker, Request* request);

  const Costs& costs_;
  const Shares shares_;
  Cores* const cores_;
  std::vector<Thread*> idle_;  // the last one became idle last
  Fifo<Request*> light_, heavy_;
  int light_running_ = 0, heavy_running_ = 0;
  uint64_t submitted_ = 0;
};

}  // namespace overtake::bench::simulate
