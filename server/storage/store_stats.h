// What a store tells of itself.
#pragma once

#include <cstdint>

namespace overtake {

// What is counted of items, by memcached's names.
struct StoreCounts {
  uint64_t items = 0;
  uint64_t bytes = 0;        // of memory that items take
  uint64_t total_items = 0;  // stored since the start
  uint64_t evictions = 0;    // items dropped for memory before they expired
  uint64_t expired_unfetched = 0;
  uint64_t evicted_unfetched = 0;
  uint64_t get_expired = 0;  // look-ups that found an item expired, or flushed
  uint64_t get_flushed = 0;
  uint64_t reclaimed = 0;  // expired and flushed items taken out

  void Add(const StoreCounts& other) {
    items += other.items;
    bytes += other.bytes;
    total_items += other.total_items;
    evictions += other.evictions;
    expired_unfetched += other.expired_unfetched;
    evicted_unfetched += other.evicted_unfetched;
    get_expired += other.get_expired;
    get_flushed += other.get_flushed;
    reclaimed += other.reclaimed;
  }
};

// Where a log store's memory is. But for the idle ones, which are the system's, the bytes add up to
// the limit, once a lower one has been followed: live, dead, unwritten and free are the log's (or,
// free and index_free, the index's), and what lies outside of it is metadata, ghost and slack (what
// the limit is not a whole number of segments).
struct LogStats {
  uint64_t segment_bytes = 0;
  uint64_t segments = 0;         // but for the idle ones
  uint64_t live_bytes = 0;       // entries that can be found
  uint64_t dead_bytes = 0;       // overwritten, deleted, flushed, moved away
  uint64_t unwritten_bytes = 0;  // behind the last entry of a segment
  uint64_t free_bytes = 0;       // whole segments, those that readers may still see included
  uint64_t idle_bytes = 0;       // whole segments that the limit, when it was lowered, took away
  uint64_t index_bytes = 0;      // pages of the index in use
  uint64_t index_free_bytes = 0;
  uint64_t ghost_bytes = 0;
  uint64_t metadata_bytes = 0;  // of segments and partitions
  uint64_t slack_bytes = 0;
  uint64_t small_segments = 0;
  uint64_t main_segments = 0;
  uint64_t pinned_segments = 0;
  uint64_t pins_refused = 0;

  // Work since the start.
  uint64_t evicted_segments = 0;  // that eviction went through
  uint64_t promoted_bytes = 0;    // moved from the small part to the main one
  uint64_t reinserted_bytes = 0;  // moved within the main part, for another round
  uint64_t cleaned_segments = 0;
  uint64_t cleaned_bytes = 0;   // moved by the cleaner
  uint64_t swept_segments = 0;  // looked through for expired items
  uint64_t ghost_hits = 0;
  uint64_t writer_waits = 0;  // writers that had to make room before they could store
};

struct StoreStats : StoreCounts {
  uint64_t limit_bytes = 0;
  uint64_t hash_bytes = 0;  // of the index
  uint64_t hash_power = 0;  // log2 of the index's buckets
  LogStats log;             // zeros when the store has no log
};

}  // namespace overtake
