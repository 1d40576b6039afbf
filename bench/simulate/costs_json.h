#pragma once

#include <string>

#include "absl/status/status.h"
#include "bench/simulate/costs.h"
#include "nlohmann/json.hpp"

namespace overtake::bench::simulate {

// Takes what `json` tells, and leaves the rest. It may be an object with the names of the members
// (ToJson's), the results of `overtake-bench cpu --json`, or those of `overtake-micro
// --benchmark_format=json` (costs_measured.cc says which figures become which costs).
absl::Status ReadCosts(const nlohmann::json& json, Costs* costs);
absl::Status ReadCostsFile(const std::string& path, Costs* costs);

nlohmann::json ToJson(const Costs& costs);

}  // namespace overtake::bench::simulate
