#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/arrivals.h"
#include "bench/load/service_time.h"
#include "bench/simulate/costs.h"
#include "dispatch/options.h"

namespace overtake::bench::simulate {

// One kind of request and who sends it.
struct Load {
  std::string name;
  // Of all its connections together; each request goes to one of them at random, which for Poisson
  // arrivals is the same as a Poisson process on each.
  ArrivalProcess arrivals;
  double per_second = 0;                          // 0: none. Not for a closed loop
  int connections = 1;                            // 0: each request has its own
  ServiceTime execution = ServiceTime::Fixed(0);  // of a request
  double request_kb = 0;
  double reply_kb = 0;
  bool heavy = false;
};

enum class Clients {
  // And threads wait for whichever core can take them first (CoreQueues::kOne).
  kElsewhere,  // a request is in the server's socket when it is due; latency ends with the sending
  // One thread for each load sends and receives, on the server's cores. A thread waits for the core
  // that it last had (CoreQueues::kEach).
  kSameCores,
};

// One run.
struct Options {
  Mode mode = Mode::kOvertake;
  Policy policy = Policy::kFcfs;  // of ramcloud's pool
  int cores = 1;
  int threads = 1;  // readers; ignored by node and ramcloud
  int workers = 1;  // of the pool; nginx: 0 for none
  Clients clients = Clients::kElsewhere;
  bool closed_loop = false;  // each connection sends its next request when it has got a reply
  std::vector<Load> loads;
  Costs costs;
  uint64_t requests = 100'000;  // of all loads together, the warm-up included
  double warmup = 0.1;          // share of the requests that is not counted, the first ones
  uint64_t seed = 1;
};

}  // namespace overtake::bench::simulate
