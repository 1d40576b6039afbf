// Replies to `stats`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "dispatch/mutex.h"
#include "protocol/reply.h"
#include "server/clock.h"
#include "server/command_stats.h"
#include "server/settings.h"
#include "server/storage/store.h"

namespace overtake {

class Architecture;

// The counts as they were at the last `stats reset`, by name: what is reported is what came since.
// The counters themselves are their threads' and never go back.
class StatsBaseline {
 public:
  uint64_t Of(std::string_view name) const;
  void Set(std::string_view name, uint64_t value);

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, uint64_t> values_ ABSL_GUARDED_BY(mutex_);
};

// Everything that `stats` reports from; read while other threads write it.
struct StatsSource {
  const Settings* settings;
  const Clock* clock;
  const Store* store;
  const Architecture* architecture;  // may be null: nothing of connections and threads then
  const std::vector<std::unique_ptr<CommandStats>>* commands;
  int verbosity;
};

// Appends the whole reply to `stats <arguments>`: memcached's groups where they apply ("",
// "settings", "items", "slabs", "sizes"), and "dispatch": each thread's role, connections,
// requests, queue, and how long requests waited between being read and being started, in
// microseconds. "reset" sets *baseline.
void AppendStats(const StatsSource& source, std::string_view arguments, StatsBaseline* baseline,
                 Reply* reply);

}  // namespace overtake
