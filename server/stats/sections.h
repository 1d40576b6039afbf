// The sections of statistics, and what they tell of.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "base/counter.h"
#include "server/clock.h"
#include "server/cost_model.h"
#include "server/settings.h"
#include "server/stats/baseline.h"
#include "server/stats/command_stats.h"
#include "server/stats/prefix_stats.h"
#include "server/stats/sink.h"
#include "server/storage/store.h"
#include "server/watch/event_log.h"

namespace overtake {

class Architecture;
class LruCrawler;

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
  StatsBaseline* baseline;
  int verbosity;
};

// A section fills a sink in its order, which memcached's clients rely on. It has one of the two
// functions.
struct StatsSection {
  std::string_view name;  // "stats <name>"
  void (*fill)(const StatsSource& source, StatsSink* out) = nullptr;
  // One of any length, in parts: goes on at *place, 0 at first. False when that was the last part.
  // Has gauges and texts only: no reset comes to it.
  bool (*fill_part)(const StatsSource& source, uint64_t* place, StatsSink* out) = nullptr;
  std::string_view text_prefix = "";  // see TextSink
};

absl::Span<const StatsSection> StatsSections();

// The sections. First that of `stats` alone: the process, connections, commands and items.
void FillGeneral(const StatsSource& source, StatsSink* out);
// Every name that memcached 1.6.18 has, in its order; those that mean nothing here have its
// defaults. Our own follow.
void FillSettings(const StatsSource& source, StatsSink* out);
// All items in one class, 1, whose pages are segments of the log.
void FillItems(const StatsSource& source, StatsSink* out);
void FillSlabs(const StatsSource& source, StatsSink* out);
// `stats conns`: what the kernel knows of some of the process's sockets, from the descriptor
// `*place` on: for each, by memcached's names, where it leads (addr), where it was accepted
// (listen_addr), the state, and the seconds since its last request (RequestTimes).
bool FillConnections(const StatsSource& source, uint64_t* place, StatsSink* out);
// Each thread's role, connections, requests, queue, and how long requests waited between being read
// and being started, in microseconds; before them what makes a request heavy.
void FillDispatch(const StatsSource& source, StatsSink* out);

// Over all threads.
template <typename Threads, typename Stats>
uint64_t Sum(const Threads& threads, Counter Stats::*counter) {
  uint64_t total = 0;
  for (const auto& stats : threads) total += ((*stats).*counter).Get();
  return total;
}

}  // namespace overtake
