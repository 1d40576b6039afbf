#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "bench/memory/replayer.h"
#include "bench/memory/server_stats.h"
#include "bench/summary.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// One server of one size under one case in one round.
struct MemoryRun {
  std::string memory_case;
  int memory_mb = 0;
  int round = 0;
  std::string server;
  ReplayResult replay;
  StoreFigures store;           // when the replay had ended
  uint64_t resident_bytes = 0;  // of the process, likewise
};

// The measurements of `overtake-bench memory` and what is asked of them. Each figure is taken per
// run first and then over the rounds, so that its spread tells how far rounds differ.
class MemoryComparison {
 public:
  void Add(MemoryRun run) { runs_.push_back(std::move(run)); }
  bool empty() const { return runs_.empty(); }

  // In the order of their first runs.
  std::vector<std::string> Cases() const;

  // A table for a terminal.
  std::string Table(absl::string_view memory_case) const;
  nlohmann::json Json() const;

 private:
  using Figure = std::function<double(const MemoryRun&)>;

  // In the order of their first runs. Memories are those of one case.
  std::vector<std::string> Servers() const;
  std::vector<int> Memories(absl::string_view memory_case) const;
  // `figure` over the rounds of one server, nothing where it has no run.
  std::optional<Spread> Of(absl::string_view memory_case, int memory_mb, absl::string_view server,
                           const Figure& figure) const;
  // The same, in each round divided by that of the installed memcached.
  std::optional<Spread> RatioToStock(absl::string_view memory_case, int memory_mb,
                                     absl::string_view server, const Figure& figure) const;

  std::vector<MemoryRun> runs_;
};

}  // namespace overtake::bench
