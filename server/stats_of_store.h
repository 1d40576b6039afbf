// What `stats` says of the store.
#pragma once

#include "server/stats_writer.h"
#include "server/storage/store_stats.h"

namespace overtake {

// The store's part of `stats`: memcached's names first, then where the memory is, to the byte, and
// what eviction and the cleaner did.
void AppendStoreStats(const StoreStats& store, StatsWriter* out);

// `stats items` and `stats slabs` for tools that read memcached's: there is one class, 1, with all
// items. Its pages, and its chunks, are the segments of the log.
void AppendItemStats(const StoreStats& store, StatsWriter* out);
void AppendSlabStats(const StoreStats& store, StatsWriter* out);

}  // namespace overtake
