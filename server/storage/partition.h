// An independent part of the log store's index.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "dispatch/mutex.h"
#include "server/storage/entry.h"
#include "server/storage/index_table.h"
#include "server/storage/store_stats.h"

namespace overtake {

// The items whose keys hash here. Whoever changes one holds the mutex.
struct alignas(64) Partition {
  enum class Life : uint8_t { kLive, kExpired, kFlushed };

  // Number `own_number` of `partitions`.
  Partition(PagePool* pages, size_t own_number, size_t partitions)
      : number(static_cast<uint32_t>(own_number)),
        count(static_cast<uint32_t>(partitions)),
        table(pages) {}

  // Any thread. Another for each item, also of other partitions, unless a client chose it.
  uint64_t CasOf(const Entry& entry) const {
    return entry.has_explicit_cas() ? entry.explicit_cas()
                                    : entry.order() * uint64_t{count} + number;
  }

  // Any thread. memcached's rules: an immediate flush takes what was stored before it; a delayed
  // one, once its time has come, all that was stored up to the second before it. What was got since
  // was not flushed: so the time of the last access tells as much as that of storing.
  Life LifeOf(const Entry& entry, Seconds now) const {
    const Seconds expires = entry.expires();
    if (expires != 0 && expires <= now) return Life::kExpired;
    // Acquire: whoever sees that FlushAll took a delayed flush's time away, or put another in its
    // place, also sees what it wrote before that, and so what that flush took stays gone.
    const Seconds at = flush_at.load(std::memory_order_acquire);
    const Seconds before =
        at != 0 && at <= now + 1 ? at : flushed_before.load(std::memory_order_relaxed);
    if (before != 0 && entry.state().last_access(now) < before) return Life::kFlushed;
    const uint64_t below = flushed_below.load(std::memory_order_relaxed);
    return below != 0 && entry.order() < below ? Life::kFlushed : Life::kLive;
  }

  // What every look-up loads comes first, in one cache line where the table has few pages.
  // Written under the mutex.
  std::atomic<uint64_t> flushed_below{0};  // items of a lower order are gone; 0: none are
  std::atomic<Seconds> flushed_before{0};  // nor lives what was stored before then; 0: it does
  // When a delayed flush takes effect; 0: there is none. Stored after the two above and loaded
  // before them: what an old value of it takes, they take by the time that a new one is seen.
  std::atomic<Seconds> flush_at{0};

  const uint32_t number;
  const uint32_t count;
  IndexTable table;  // TryFind: any thread; all else under the mutex

  // What only writers touch, apart from what readers look at.
  alignas(64) Mutex mutex;
  uint64_t last_order ABSL_GUARDED_BY(mutex) = 0;
  StoreCounts counts ABSL_GUARDED_BY(mutex);
};

}  // namespace overtake
