#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/load_class.h"
#include "bench/modes.h"
#include "bench/simulate/costs.h"
#include "bench/summary.h"
#include "nlohmann/json.hpp"

namespace overtake::bench::simulate {

// What the model says of one class of a study's scenario, beside what was measured.
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

// A study or a run of `overtake-bench compare`, from its study.json: what was sent in the scenarios
// "light" and "multigets", to servers with how many threads, on how many cores, which the clients
// shared.
class MeasuredStudy {
 public:
  // An InvalidArgumentError says why a file is no such study.
  static absl::StatusOr<MeasuredStudy> Read(const std::string& path);

  // Modes that were measured.
  const std::vector<NamedMode>& modes() const { return modes_; }

  // The predictions for each class of each scenario that `mode` was measured in.
  std::vector<Prediction> Predict(const NamedMode& mode, const Costs& costs, uint64_t requests,
                                  uint64_t seed, const std::function<void()>& tick) const;

 private:
  struct Point {
    std::vector<LoadClass> classes;  // "light", and perhaps "heavy"
    // p50 and p99 of a server and a class.
    std::map<std::pair<std::string, std::string>, std::pair<Spread, Spread>> latencies;
  };

  absl::Status Take(const nlohmann::json& study);
  absl::Status AddPoint(const nlohmann::json& point);

  std::vector<NamedMode> modes_;
  std::vector<Point> points_;
  int cores_ = 0;
  int threads_ = 0;
  int workers_ = 0;
};

std::string ToTable(const std::vector<Prediction>& predictions);
nlohmann::json ToJson(const Prediction& prediction);

}  // namespace overtake::bench::simulate
