#pragma once

#include <vector>

#include "bench/simulate/cores.h"
#include "bench/simulate/fifo.h"
#include "bench/simulate/options.h"
#include "bench/simulate/request.h"
#include "dispatch/roles/job_queue.h"

namespace overtake::bench::simulate {

// The workers of nginx, ramcloud and overtake, whose policies are those of dispatch's WorkerPool: a
// job goes to the worker that became idle last, of those that may have it, and else waits until one
// of them is first to take it. Workers run heavy jobs at the lowest rank (dispatch's has two
// threads a worker for that, its hands).
class WorkerPool {
 public:
  // A single worker has all jobs, whatever the policy: the server wants two for any but kFcfs.
  WorkerPool(int workers, Policy policy, const Costs& costs, Cores* cores);

  // From the WorkDone of the reader that has read the request.
  void Submit(Request* request, Thread* reader);

  // From the WorkDone of the worker that has executed `request`: it takes its next one.
  void GiveBack(const Request& request);

 private:
  struct Worker {
    Thread* thread;
    JobQueue::Kinds kinds;  // of jobs that it may have
  };

  // The place in idle_ of who gets this job; end() when nobody may.
  std::vector<uint32_t>::iterator FindIdle(bool heavy);
  // The job that a worker gets which may have these; null when none of them waits.
  Request* Next(JobQueue::Kinds kinds);
  // True when the worker has to be woken.
  bool Start(uint32_t worker, Request* request);

  const Policy policy_;
  const Costs& costs_;
  Cores* const cores_;
  std::vector<Worker> workers_;
  std::vector<uint32_t> idle_;  // indexes of workers_; the last one became idle last
  Fifo<Request*> light_, heavy_;
  uint64_t submitted_ = 0;
};

}  // namespace overtake::bench::simulate
