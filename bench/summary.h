#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/histogram.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// The median of several measurements, with the smallest and the largest.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

// All 0 when `values` is empty.
Spread SpreadOf(std::vector<double> values);

// "2,710 (2,650-2,890)", or without the part in brackets when there was one measurement.
// `decimals` apply below 100.
std::string ToString(const Spread& spread, int decimals = 0);
// "2,710"
std::string ToString(double value, int decimals = 0);

inline double Microseconds(uint64_t ns) { return static_cast<double>(ns) / 1000; }

// The quantiles that are reported, with their names.
struct NamedQuantile {
  absl::string_view name;
  double q;
};
inline constexpr NamedQuantile kQuantiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};

// Count, mean, quantiles and maximum in microseconds.
nlohmann::json ToJson(const Histogram& nanoseconds);
nlohmann::json ToJson(const Spread& spread);

// Writes `value` to `path`, or to standard output when it is "-".
absl::Status WriteJson(const std::string& path, const nlohmann::json& value);

}  // namespace overtake::bench
