#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "bench/load/load_class.h"
#include "nlohmann/json_fwd.hpp"

namespace overtake::bench {

// One request, in nanoseconds of CLOCK_MONOTONIC.
struct RequestTimes {
  uint32_t connection;  // number within its class
  int64_t due_ns;
  int64_t sent_ns;
  int64_t done_ns;  // all of its reply had arrived
};

// What one class of a load saw. Nanoseconds; the warm-up is not in it.
struct ClassResult {
  LoadClass load;
  bool open_loop = true;
  int64_t measured_ns = 0;  // how long it was measured for, according to plan
  uint64_t planned = 0;     // requests due in that time; open loop only
  uint64_t unanswered = 0;  // sent, the warm-up's included, and not answered when the run ended

  Histogram latency;  // from when a request was due to when all of its reply had arrived
  Histogram lag;      // from when a request was due to when the generator sent it
  // Of every answered request, the warm-up's included, if RunPlan::keep_times; by reply.
  std::vector<RequestTimes> times;

  // Counts an answered request. `measured_from_ns` is when the warm-up ended; all on one clock.
  void Record(int64_t measured_from_ns, int64_t due_ns, int64_t sent_ns, int64_t done_ns) {
    if (due_ns < measured_from_ns) return;
    latency.Record(static_cast<uint64_t>(done_ns - due_ns));
    lag.Record(static_cast<uint64_t>(sent_ns - due_ns));
  }

  // Whether the generator's own lag is too large a part of the tail for the tail to be the
  // server's: lag p99 above a third of latency p99. Such a run is not valid.
  bool GeneratorLate() const {
    constexpr double kLateShare = 1.0 / 3;
    return static_cast<double>(lag.ValueAtQuantile(0.99)) >
           kLateShare * static_cast<double>(latency.ValueAtQuantile(0.99));
  }

  // Replies a second.
  double Throughput() const {
    return measured_ns > 0
               ? 1e9 * static_cast<double>(latency.count()) / static_cast<double>(measured_ns)
               : 0;
  }
};

nlohmann::json ToJson(const ClassResult& result);

// A table with a row for each class: latencies, the generator's lag, and what is wrong with them.
std::string ToTable(const std::vector<ClassResult>& results);

}  // namespace overtake::bench
