#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/modes.h"
#include "bench/simulate/simulation.h"
#include "bench/simulate/workload.h"
#include "nlohmann/json.hpp"

namespace overtake::bench::simulate {

// What is simulated: every mode on machines of several sizes, under several loads.
struct StudyOptions {
  std::vector<NamedMode> modes;
  std::vector<int> cores = {16, 64};
  std::vector<double> loads;  // shares of what the cores could do at most (LightRateAt), ascending
  std::vector<int> saturation_cores = {1, 2, 4, 8, 16, 32, 64, 128};
  int light_connections = 32;  // for each core
  int heavy_connections = 4;
  int threads = 0;   // 0: DefaultThreads
  int workers = -1;  // -1: DefaultThreads
  Workload workload;
  Costs costs;
  uint64_t requests = 200'000;  // of a point
  uint64_t seed = 1;
};

// A mode under an offered load.
struct LoadPoint {
  std::string mode;
  int cores = 0;
  double load = 0;
  double light_per_second = 0;
  bool saturated = false;       // now, or at a lower load already: the rest is then empty
  nlohmann::json light, heavy;  // latencies in microseconds (ToJson of a Histogram)
  double light_p99_us = 0;
  double heavy_p99_us = 0;
  std::string busiest;  // thread
  double busiest_share = 0;
};

// A mode that is always busy: each connection sends a light request as soon as it has a reply.
struct SaturationPoint {
  std::string mode;
  int cores = 0;
  double per_second = 0;
  double dispatcher_share = 0;  // of the time, that the dispatch thread is busy; 0: has none
};

struct Study {
  std::vector<LoadPoint> loads;
  std::vector<SaturationPoint> saturation;

  const LoadPoint* Find(const std::string& mode, int cores, double load) const;
  const SaturationPoint* Find(const std::string& mode, int cores) const;
};

int StudySteps(const StudyOptions& options);
// `begin` is told what comes next, before each of the StudySteps; `tick` is called now and then.
Study RunStudy(const StudyOptions& options, const std::function<void(const std::string&)>& begin,
               const std::function<void()>& tick);

// The number of cores from which on more of them no longer help `mode` (at most kNoMore more
// requests a second for twice the cores); 0: always, as far as was simulated.
inline constexpr double kNoMore = 1.1;
int SaturatesAt(const Study& study, const StudyOptions& options, const std::string& mode);

std::string ToTable(const Study& study, const StudyOptions& options);
nlohmann::json ToJson(const Study& study, const StudyOptions& options);

}  // namespace overtake::bench::simulate
