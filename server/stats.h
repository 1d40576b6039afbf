// Replies to `stats`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "base/histogram.h"
#include "base/mutex.h"
#include "dispatch/handler.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "server/clock.h"
#include "server/command_stats.h"
#include "server/cost_model.h"
#include "server/prefix_stats.h"
#include "server/settings.h"
#include "server/storage/store.h"
#include "server/watch/event_log.h"

namespace overtake {

class Architecture;
class LruCrawler;

// The counts as they were at the last `stats reset`, by name: what is reported is what came since.
// The counters themselves are their threads' and never go back.
class StatsBaseline {
 public:
  uint64_t Of(std::string_view name) const;
  void Set(std::string_view name, uint64_t value);

  // The same of histograms: what was recorded since.
  Histogram Since(std::string_view name, const Histogram& now) const;
  void Set(std::string_view name, const Histogram& now);

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, uint64_t> values_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Histogram> histograms_ ABSL_GUARDED_BY(mutex_);
};

// Everything that `stats` reports from; read while other threads write it.
struct StatsSource {
  const Settings* settings;
  const Clock* clock;
  Store* store;
  const Architecture* architecture;  // may be null: nothing of connections and threads then
  const std::vector<std::unique_ptr<CommandStats>>* commands;
  const CostModel* costs;
  const LruCrawler* crawler;
  PrefixStats* prefixes;
  EventLog* log;
  int verbosity;
};

// Appends the reply to a kStats, or a part of it: memcached's groups ("", "settings", "items",
// "slabs", "sizes", "conns", "detail", "cachedump"), and "dispatch": each thread's role,
// connections, requests, queue, and how long requests waited between being read and being started,
// in microseconds. "reset" sets *baseline.
RequestHandler::Outcome AnswerStats(const StatsSource& source, const Request& request,
                                    Continuation* continuation, StatsBaseline* baseline,
                                    Reply* reply);

}  // namespace overtake
