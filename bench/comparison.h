#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "bench/load/class_result.h"
#include "bench/summary.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// One server under one load in one round.
struct ComparisonRun {
  int round = 0;
  std::string server;
  bool with_heavy = false;
  std::vector<ClassResult> classes;
};

// The measurements of `overtake-bench compare` and what is asked of them. Each figure is taken per
// run first and then over the rounds, so that its spread tells how far rounds differ.
class Comparison {
 public:
  void Add(ComparisonRun run) { runs_.push_back(std::move(run)); }

  bool empty() const { return runs_.empty(); }
  // Servers with at least one run, in the order of their first.
  std::vector<std::string> Servers() const;
  bool Has(absl::string_view server, bool with_heavy) const;

  // Latency in microseconds at quantile `q` of the class `load`.
  Spread Latency(absl::string_view server, bool with_heavy, absl::string_view load, double q) const;

  // The same of class "light" beside heavy requests, in each round divided by that of `base`.
  Spread RatioTo(absl::string_view server, absl::string_view base, double q) const;

  // In how many of its runs the generator was late: first of the pair; of how many: second.
  std::pair<int, int> LateRuns(absl::string_view server, bool with_heavy,
                               absl::string_view load) const;

  // Mode `memcached` if it was measured, otherwise the installed memcached, otherwise "".
  std::string Base() const;

  // Tables for a terminal.
  std::string Report() const;
  nlohmann::json Json() const;

 private:
  const ClassResult* Find(const ComparisonRun& run, absl::string_view server, bool with_heavy,
                          absl::string_view load) const;
  std::string Table(absl::string_view title, bool with_heavy, absl::string_view load) const;

  std::vector<ComparisonRun> runs_;
};

}  // namespace overtake::bench
