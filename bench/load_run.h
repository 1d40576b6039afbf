#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/generator.h"
#include "bench/load_class.h"
#include "bench/socket.h"

namespace overtake::bench {

struct LoadOptions {
  Endpoint endpoint;
  std::vector<LoadClass> classes;  // a class of rate 0 is preloaded and connected, and stays silent
  int64_t warmup_ns = 0;
  int64_t duration_ns = 0;  // what is measured, after the warm-up
  uint64_t seed = 1;
};

// Stores the keys of every class.
absl::Status PreloadAll(const LoadOptions& options);

// Sends all classes at once, each from a thread of its own, and waits for the last reply. The keys
// must have been stored by PreloadAll with the same classes and seed. `tick` is called some times a
// second from the calling thread; an error from it stops the run and is returned, as is the first
// error of a class.
absl::StatusOr<std::vector<ClassResult>> RunLoad(const LoadOptions& options,
                                                 absl::FunctionRef<absl::Status()> tick);

}  // namespace overtake::bench
