// What `stats reset` does: counts begin anew.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "base/histogram.h"
#include "base/mutex.h"
#include "server/stats/sink.h"

namespace overtake {

// The counters and histograms of all sections as they were at the last reset: what is told is what
// came since. The counters themselves are their threads' and never go back. Any thread; it, and
// what is given to it, outlives the sinks.
class StatsBaseline {
 public:
  // A sink for `section` that remembers what it is given.
  StatsSink Reset(std::string_view section);
  // A sink for `section` that passes on to `*to`: of counters and histograms, what has come since.
  StatsSink Since(std::string_view section, const StatsSink* to) const;

 private:
  mutable Mutex mutex_;
  // By section, label and name.
  absl::flat_hash_map<std::string, uint64_t> counters_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Histogram> histograms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace overtake
