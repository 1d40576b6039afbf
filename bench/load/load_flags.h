#pragma once

#include <cstdint>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "bench/load/load_run.h"

namespace overtake::bench {

// The flags that describe a load: for `load`, `compare` and, as to how long a run is, `study`.
struct LoadFlags {
  double light_rate = 5'000;  // requests a second
  double heavy_rate = 100;
  int keys = 4'000;
  int value_size = 100;  // bytes
  double seconds = 5;
  double warmup = 1;
  uint64_t seed = 1;

  void AddTo(CLI::App& command);
  // --seconds, --warmup and --seed only.
  void AddRunTo(CLI::App& command);

  // What single ranges cannot tell: combinations that would need too much memory.
  absl::Status Validate() const;
  absl::Status ValidateClasses(const std::vector<LoadClass>& classes) const;

  // `with_heavy` false keeps the heavy class, silent.
  std::vector<LoadClass> Classes(bool with_heavy) const;
  LoadOptions Options(const Endpoint& endpoint, bool with_heavy) const;
  LoadOptions Options(const Endpoint& endpoint, std::vector<LoadClass> classes) const;
};

}  // namespace overtake::bench
