#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/simulate/options.h"
#include "bench/simulate/statistics.h"

namespace overtake::bench::simulate {

struct Result {
  std::vector<LoadStatistics> loads;  // in the order of Options::loads
  double seconds = 0;                 // simulated, of the measured part
  double answered_per_second = 0;     // over the measured part
  // Of the requests due in the measured part, the share that was answered before the last of all
  // was due. Close to 1 unless work piles up.
  double kept_up = 0;
  // Of the measured and the warm-up part: the busiest of the server's threads, and the dispatch
  // thread if there is one (otherwise 0).
  std::string busiest;
  double busiest_share = 0;
  double dispatcher_share = 0;
  double cores_busy_share = 0;

  // Whether work piled up: latencies then say how long the run was, and nothing else.
  bool saturated() const { return kept_up < 0.98; }
};

// Simulates one run; the same options give the same result. `tick` is called now and then.
// REQUIRES: at least one load.
Result Simulate(
    const Options& options, const std::function<void()>& tick = [] {});

}  // namespace overtake::bench::simulate
