#pragma once

#include <string>
#include <vector>

#include "bench/simulate/options.h"

namespace overtake::bench::simulate {

// Light requests, gets of one key, and heavy ones, multigets, as `overtake-bench compare` sends
// them.
struct Workload {
  ArrivalProcess arrivals;
  double heavy_per_light = 0.02;
  int keys = 4'000;      // of a heavy request
  int value_size = 100;  // bytes
  // How long execution takes, as ServiceTime::Parse reads it. "": as the costs say.
  std::string light_service;
  std::string heavy_service;
};

// "light" and "heavy"; the latter is left out when its rate is 0. REQUIRES: the workload's service
// times can be parsed.
std::vector<Load> MakeLoads(const Workload& workload, const Costs& costs, double light_per_second,
                            double heavy_per_second, int light_connections, int heavy_connections);

// What a request of `load` takes of a core's time where one thread reads, executes and sends it.
double CoreTimeUs(const Load& load, const Costs& costs);

// The light requests a second, with `heavy_per_light` times as many heavy ones, for which `cores`
// would be busy `share` of the time, if nobody handed anything over.
double LightRateAt(double share, int cores, const Workload& workload, const Costs& costs);

// How many readers and workers a mode gets on a machine of so many cores, if nobody says otherwise:
// no more busy threads than cores. nginx and overtake have as many workers as readers: they work
// when readers leave them a core. ramcloud leaves a core to the kernel when there are four, without
// which its workers do not poll.
struct ThreadCounts {
  int threads;
  int workers;
};
ThreadCounts DefaultThreads(Mode mode, int cores);

}  // namespace overtake::bench::simulate
