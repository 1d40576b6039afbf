// The statistics of items and of their memory.
#pragma once

#include "server/stats_writer.h"
#include "server/storage/store_stats.h"

namespace overtake {

// The parts of `stats` that memcached has of its hash table and of all items, and our own of the
// log.
void AppendHashStats(const StoreStats& store, StatsWriter* out);
void AppendItemTotals(const StoreStats& store, StatsWriter* out);
void AppendLogStats(const StoreStats& store, StatsWriter* out);

// What was done with items since the start, as `stats slabs` counts it.
struct ItemWork {
  uint64_t get_hits, cmd_set, delete_hits, incr_hits, decr_hits, cas_hits, cas_badval, touch_hits;
  uint64_t out_of_memory;
};

// `stats items` and `stats slabs`: all items in one class, 1, whose pages are segments of the log.
void AppendItemStats(const StoreStats& store, const ItemWork& work, StatsWriter* out);
void AppendSlabStats(const StoreStats& store, const ItemWork& work, StatsWriter* out);

}  // namespace overtake
