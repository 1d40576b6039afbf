#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/load/class_result.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// One load on one server, once: which one it was, and what is kept of it. The results are JSON from
// the beginning because they must survive the process.
struct StudyRun {
  std::string scenario;
  std::string point;
  std::string server;
  int round = 0;

  std::string error;  // "": it ran to its end
  double stolen = 0;  // share of the processors' time that the hypervisor took meanwhile
  nlohmann::json classes = nlohmann::json::array();  // ToJson of each class, and its curve

  // Names the run within a study; also of its file.
  std::string Key() const;

  // `results` as JSON, with the percentile curves that pictures are made of.
  void SetClasses(const std::vector<ClassResult>& results);

  // The class called `name`; null if it has no latencies.
  const nlohmann::json* Class(const std::string& name) const;

  nlohmann::json Json() const;
  static absl::StatusOr<StudyRun> FromJson(const nlohmann::json& json);
};

}  // namespace overtake::bench
