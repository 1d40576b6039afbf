// What the server has one of.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "server/clock.h"
#include "server/commands/lru_crawler.h"
#include "server/cost_model.h"
#include "server/settings.h"
#include "server/stats/baseline.h"
#include "server/stats/command_stats.h"
#include "server/stats/prefix_stats.h"
#include "server/storage/store.h"
#include "server/watch/event_log.h"

namespace overtake {

class Architecture;

// What commands work on besides items. Each part says itself what several threads may do to it.
struct ServerState {
  // All must outlive this.
  const Settings* const settings;
  Clock* const clock;  // only debugtime changes it
  Store* const store;
  EventLog* const log;

  LruCrawler crawler{settings->crawler_enabled, settings->dump_allowed, clock, store};
  PrefixStats prefixes{settings->prefix_delimiter};
  std::atomic<const Architecture*> architecture{nullptr};  // null while dispatch does not run
  std::atomic<int> verbosity{settings->verbosity};
  std::vector<std::unique_ptr<CommandStats>> stats = {};  // by ExecutorId
  CostModel costs{ExecutorCount(settings->dispatch), settings->dispatch.heavy_micros};
  StatsBaseline baseline = {};
};

}  // namespace overtake
