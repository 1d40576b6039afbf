#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/study/scenarios.h"
#include "bench/study/study_run.h"
#include "bench/summary.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// What a study's finished runs say: for each scenario, point, server and class the median over the
// rounds, and how far rounds differ.
class StudyReport {
 public:
  // Both must outlive this.
  StudyReport(const std::vector<Scenario>* scenarios, const std::map<std::string, StudyRun>* runs);

  // Tables for a terminal, one for each class of each point.
  std::string Text() const;

  // {"scenarios": [{name, title, why, compared, x_axis, points: [{name, x, classes: [specs],
  // servers: [{name, rounds, classes: {class: {invalid, p50_us, p99_us, p99.9_us,
  // requests_per_second: spreads, rounds: [{round, stolen, p50_us, p99_us, p99.9_us}], curve:
  // [[percentile, us], ...]}}}]}]}]}. A curve is the median of the rounds' at each percentile.
  nlohmann::json Json() const;

 private:
  using Runs = std::vector<const StudyRun*>;

  // Servers that ran a point, in the order of their names' first appearance.
  std::vector<std::pair<std::string, Runs>> ByServer(const Scenario& scenario,
                                                     const StudyPoint& point) const;
  std::string Table(const Scenario& scenario, const StudyPoint& point,
                    const std::string& load) const;

  const std::vector<Scenario>& scenarios_;
  const std::map<std::string, StudyRun>& runs_;
};

}  // namespace overtake::bench
