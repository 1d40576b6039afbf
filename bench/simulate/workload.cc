#include "bench/simulate/workload.h"

#include <algorithm>
#include <cmath>

namespace overtake::bench::simulate {
namespace {

constexpr double kBytesPerKb = 1024;
constexpr double kRequestKeyBytes = 9;  // a key of 8 bytes and a space
constexpr double kReplyItemBytes = 25;  // of a VALUE line with such a key, and of two line ends
constexpr double kLineBytes = 5;        // "get" or "END", and a line end
constexpr int kLightValueSize = 100;

ServiceTime ServiceTimeOr(const std::string& text, double fixed_us) {
  return text.empty() ? ServiceTime::Fixed(fixed_us) : *ServiceTime::Parse(text);
}

Load MakeLoad(const char* name, const Workload& workload, double per_second, int connections,
              int keys, int value_size) {
  Load load;
  load.name = name;
  load.arrivals = workload.arrivals;
  load.per_second = per_second;
  load.connections = connections;
  load.request_kb = (kLineBytes + keys * kRequestKeyBytes) / kBytesPerKb;
  load.reply_kb = (kLineBytes + keys * (kReplyItemBytes + value_size)) / kBytesPerKb;
  return load;
}

}  // namespace

std::vector<Load> MakeLoads(const Workload& workload, const Costs& costs, double light_per_second,
                            double heavy_per_second, int light_connections, int heavy_connections) {
  std::vector<Load> loads;
  loads.push_back(
      MakeLoad("light", workload, light_per_second, light_connections, 1, kLightValueSize));
  loads.back().execution = ServiceTimeOr(workload.light_service, costs.execute_us);
  if (heavy_per_second <= 0) return loads;
  loads.push_back(MakeLoad("heavy", workload, heavy_per_second, heavy_connections, workload.keys,
                           workload.value_size));
  loads.back().execution =
      ServiceTimeOr(workload.heavy_service, workload.keys * costs.execute_key_us);
  loads.back().heavy = true;
  return loads;
}

double CoreTimeUs(const Load& load, const Costs& costs) {
  const double portions = std::max(1.0, std::ceil(load.reply_kb / costs.portion_kb));
  return costs.read_us + load.request_kb * costs.read_kb_us + load.execution.Mean() +
         portions * costs.send_us + load.reply_kb * costs.send_kb_us;
}

double LightRateAt(double share, int cores, const Workload& workload, const Costs& costs) {
  const double heavy = workload.heavy_per_light;
  const std::vector<Load> loads = MakeLoads(workload, costs, 1, heavy, 1, 1);
  double us = CoreTimeUs(loads[0], costs);
  if (heavy > 0) us += heavy * CoreTimeUs(loads[1], costs);
  return share * cores / us * 1e6;
}

ThreadCounts DefaultThreads(Mode mode, int cores) {
  if (mode == Mode::kRamcloud) {
    return {.threads = 1, .workers = std::max(1, cores < 4 ? cores - 1 : cores - 2)};
  }
  return {.threads = cores, .workers = cores};
}

}  // namespace overtake::bench::simulate
