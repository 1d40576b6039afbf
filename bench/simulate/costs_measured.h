#pragma once

#include "absl/status/status.h"
#include "bench/simulate/costs.h"
#include "nlohmann/json.hpp"

namespace overtake::bench::simulate {

// Costs from what was measured. What is not in the results is left as it is; an
// InvalidArgumentError when nothing of use is in them.

// Of `overtake-micro --benchmark_format=json`: what sending, receiving, executing and waking a
// thread cost (micro_transfer.cc, micro_hand_off.cc).
absl::Status ReadMicroBenchmarks(const nlohmann::json& json, Costs* costs);

// Of `overtake-bench cpu --json`, without pipelining: what is left of mode `memcached`'s CPU a
// request after sending and execution is read_us, and half of what mode `ramcloud` takes more for
// its two hand-overs wakes a thread. REQUIRES: the costs of ReadMicroBenchmarks are known already.
absl::Status ReadCpuResults(const nlohmann::json& json, Costs* costs);

}  // namespace overtake::bench::simulate
