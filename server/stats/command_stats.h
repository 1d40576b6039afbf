// What is counted of commands.
#pragma once

#include "base/counter.h"

namespace overtake {

// What one executing thread counts of the commands it executed, by memcached's names. Written by
// that thread, read by `stats`.
struct alignas(64) CommandStats {
  Counter get_hits, get_misses;
  Counter cmd_set, cmd_flush, cmd_meta;
  Counter touch_hits, touch_misses;
  Counter delete_hits, delete_misses;
  Counter incr_hits, incr_misses, decr_hits, decr_misses;
  Counter cas_hits, cas_misses, cas_badval;
  // Keys that retrievals have asked for, found or not.
  uint64_t keys_retrieved() const {
    return get_hits.Get() + get_misses.Get() + touch_hits.Get() + touch_misses.Get();
  }

  // Items that got another value or mark as they lay, in memcached; the store makes new ones.
  Counter altered_in_place;

  Counter store_too_large, store_no_memory;
  Counter auth_cmds, auth_errors;
};

}  // namespace overtake
