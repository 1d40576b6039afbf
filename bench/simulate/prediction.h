#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/simulate/costs.h"
#include "bench/summary.h"
#include "nlohmann/json.hpp"

namespace overtake::bench::simulate {

// What the model says of a run of `overtake-bench compare`, beside what that measured.
struct Prediction {
  std::string mode;
  bool with_heavy = false;
  std::string load;  // "light" or "heavy"
  double p50_us = 0;
  double p99_us = 0;
  Spread measured_p50;  // over the rounds, microseconds
  Spread measured_p99;

  // Of the predicted p99, relative to the measured median.
  double Error() const { return p99_us / measured_p99.median - 1; }
  bool WithinSpread() const { return p99_us >= measured_p99.min && p99_us <= measured_p99.max; }
};

// A run of `overtake-bench compare`, from its JSON: what was sent, with how many threads, on how
// many cores, which the clients shared.
class MeasuredComparison {
 public:
  static absl::StatusOr<MeasuredComparison> Read(const std::string& path);

  // Modes that were measured and can be simulated.
  const std::vector<std::string>& modes() const { return modes_; }

  // The predictions for `mode`, of as many as were measured: light alone, light beside heavy,
  // heavy.
  std::vector<Prediction> Predict(const std::string& mode, const Costs& costs, uint64_t requests,
                                  uint64_t seed, const std::function<void()>& tick) const;

 private:
  std::vector<std::string> modes_;
  nlohmann::json summary_;
  int cores_ = 0;
  int threads_ = 0;
  int workers_ = 0;
  int keys_ = 0;
  int value_size_ = 0;
  double light_per_second_ = 0;
  double heavy_per_second_ = 0;
};

std::string ToTable(const std::vector<Prediction>& predictions);
nlohmann::json ToJson(const Prediction& prediction);

}  // namespace overtake::bench::simulate
