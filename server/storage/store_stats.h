// What a store tells of itself.
#pragma once

#include <cstdint>

namespace overtake {

struct StoreStats {
  uint64_t items = 0;
  uint64_t bytes = 0;  // of memory that items take
  uint64_t limit_bytes = 0;
  uint64_t total_items = 0;  // stored since the start
  uint64_t evictions = 0;    // items dropped for memory before they expired
  uint64_t expired_unfetched = 0;
  uint64_t evicted_unfetched = 0;
  uint64_t get_expired = 0;  // look-ups that found an item expired, or flushed
  uint64_t get_flushed = 0;
  uint64_t reclaimed = 0;   // memory of expired items used again
  uint64_t hash_bytes = 0;  // of the index
  uint64_t hash_power = 0;  // log2 of the index's buckets
};

}  // namespace overtake
