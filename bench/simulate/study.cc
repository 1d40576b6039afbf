#include "bench/simulate/study.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/summary.h"

namespace overtake::bench::simulate {
namespace {

Options MakeOptions(const StudyOptions& study, const NamedMode& mode, int cores) {
  Options options;
  options.mode = mode.mode;
  options.policy = mode.policy;
  options.cores = cores;
  const ThreadCounts counts = DefaultThreads(mode.mode, cores);
  options.threads = study.threads > 0 ? study.threads : counts.threads;
  options.workers = study.workers >= 0 ? study.workers : counts.workers;
  options.costs = study.costs;
  options.requests = study.requests;
  options.seed = study.seed;
  return options;
}

LoadPoint RunLoadPoint(const StudyOptions& study, const NamedMode& mode, LoadPoint point,
                       const std::function<void()>& tick) {
  Options options = MakeOptions(study, mode, point.cores);
  options.loads =
      MakeLoads(study.workload, study.costs, point.light_per_second,
                point.light_per_second * study.workload.heavy_per_light,
                study.light_connections * point.cores, study.heavy_connections * point.cores);
  const Result result = Simulate(options, tick);
  point.saturated = result.saturated();
  point.busiest = result.busiest;
  point.busiest_share = result.busiest_share;
  if (point.saturated) return point;
  const auto p99 = [](const LoadStatistics& load) {
    return Microseconds(load.latency_ns.ValueAtQuantile(0.99));
  };
  point.light = bench::ToJson(result.loads[0].latency_ns);
  point.light_p99_us = p99(result.loads[0]);
  if (result.loads.size() > 1) {
    point.heavy = bench::ToJson(result.loads[1].latency_ns);
    point.heavy_p99_us = p99(result.loads[1]);
  }
  return point;
}

SaturationPoint RunSaturation(const StudyOptions& study, const NamedMode& mode, int cores,
                              const std::function<void()>& tick) {
  Options options = MakeOptions(study, mode, cores);
  options.loads = MakeLoads(study.workload, study.costs, 0, 0, study.light_connections * cores, 0);
  options.closed_loop = true;
  const Result result = Simulate(options, tick);
  return {mode.name, cores, result.answered_per_second, result.dispatcher_share};
}

}  // namespace

const LoadPoint* Study::Find(const std::string& mode, int cores, double load) const {
  for (const LoadPoint& point : loads) {
    if (point.mode == mode && point.cores == cores && point.load == load) return &point;
  }
  return nullptr;
}

const SaturationPoint* Study::Find(const std::string& mode, int cores) const {
  for (const SaturationPoint& point : saturation) {
    if (point.mode == mode && point.cores == cores) return &point;
  }
  return nullptr;
}

int StudySteps(const StudyOptions& options) {
  const size_t points = options.cores.size() * options.loads.size();
  return static_cast<int>(options.modes.size() * (points + options.saturation_cores.size()));
}

Study RunStudy(const StudyOptions& options, const std::function<void(const std::string&)>& begin,
               const std::function<void()>& tick) {
  Study study;
  for (const int cores : options.cores) {
    for (const NamedMode& mode : options.modes) {
      bool saturated = false;
      for (const double load : options.loads) {
        begin(absl::StrFormat("%s, %d cores, load %g", mode.name, cores, load));
        LoadPoint point;
        point.mode = mode.name;
        point.cores = cores;
        point.load = load;
        point.light_per_second = LightRateAt(load, cores, options.workload, options.costs);
        point.saturated = saturated;
        if (!saturated) point = RunLoadPoint(options, mode, std::move(point), tick);
        saturated = point.saturated;
        study.loads.push_back(std::move(point));
      }
    }
  }
  for (const int cores : options.saturation_cores) {
    for (const NamedMode& mode : options.modes) {
      begin(absl::StrFormat("%s, %d cores, saturated", mode.name, cores));
      study.saturation.push_back(RunSaturation(options, mode, cores, tick));
    }
  }
  return study;
}

int SaturatesAt(const Study& study, const StudyOptions& options, const std::string& mode) {
  int from = 0;
  double reached = 0;
  for (const int cores : options.saturation_cores) {
    const SaturationPoint* point = study.Find(mode, cores);
    if (point == nullptr) continue;
    if (point->per_second > kNoMore * reached) {
      reached = point->per_second;
      from = cores;
    }
  }
  return from == options.saturation_cores.back() ? 0 : from;
}

}  // namespace overtake::bench::simulate
