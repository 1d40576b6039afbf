#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "bench/load/class_result.h"
#include "bench/load/generator.h"
#include "bench/load/load_class.h"
#include "bench/socket.h"

namespace overtake::bench {

struct LoadOptions {
  Endpoint endpoint;
  // A class of rate 0 is preloaded and connected, and stays silent.
  std::vector<LoadClass> classes;
  RunPlan plan;  // each class gets a seed of its own, made from this one
};

// The seed of the schedule of class number `index`.
uint64_t SeedOfClass(uint64_t seed, size_t index);

// What single classes cannot tell: names that are there twice, or classes of one key space that do
// not agree about its keys. An InvalidArgumentError.
absl::Status CheckClasses(const std::vector<LoadClass>& classes);

// Stores the keys of every class.
absl::Status PreloadAll(const LoadOptions& options);

struct LoadProgress {
  double seconds = 0;     // since the start, warm-up included
  uint64_t answered = 0;  // requests, of all classes
};

// How a run ended, and what it had measured by then.
struct LoadOutcome {
  absl::Status status;
  int64_t start_ns = 0;              // time 0 of the schedules, by CLOCK_MONOTONIC
  std::vector<ClassResult> classes;  // in the order of LoadOptions; empty if it could not begin
};

// Sends all classes at once, each from a thread of its own, and waits for the last reply. The keys
// must have been stored by PreloadAll with the same classes and seed. `tick` is called some times a
// second from the calling thread; an error from it stops the run and is its status, as is the first
// error of a class.
LoadOutcome RunLoad(const LoadOptions& options,
                    absl::FunctionRef<absl::Status(const LoadProgress&)> tick);

}  // namespace overtake::bench
