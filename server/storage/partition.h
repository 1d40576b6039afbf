// An independent part of the log store's index.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
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
    // Acquire: whoever sees that a flush took a delayed one's time away, or put another in its
    // place, also sees the order that it wrote before that, and so what that flush took stays gone.
    const Seconds at = flush_at.load(std::memory_order_acquire);
    if (at != 0 && at <= now + 1 && entry.state().last_access(now) < at) return Life::kFlushed;
    const uint64_t below = flushed_below.load(std::memory_order_relaxed);
    return below != 0 && entry.order() < below ? Life::kFlushed : Life::kLive;
  }

  // Everything that was stored up to now is gone: it is not counted any longer, and its memory is
  // taken back by and by. False when there was nothing.
  bool Flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    flushed_below.store(last_order + 1, std::memory_order_relaxed);
    const bool some = counts.items > 0;
    flushed_items += counts.items;
    flushed_bytes += counts.bytes;
    counts.items = 0;
    counts.bytes = 0;
    return some;
  }
  // Carries out the delayed flush if it is due. Whoever is about to store does so first: then all
  // that there is was stored before. In the second before its time it takes all that comes.
  bool FlushIfDue(Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const Seconds at = flush_at.load(std::memory_order_relaxed);
    if (at == 0 || at > now + 1) return false;
    const bool some = Flush();
    if (at <= now) flush_at.store(0, std::memory_order_release);
    return some;
  }
  // An item goes, of so many bytes.
  void Discount(const Entry& entry, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const bool flushed = entry.order() < flushed_below.load(std::memory_order_relaxed);
    --(flushed ? flushed_items : counts.items);
    (flushed ? flushed_bytes : counts.bytes) -= bytes;
  }

  // What every look-up loads comes first, in one cache line where the table has few pages.
  // Written under the mutex.
  std::atomic<uint64_t> flushed_below{0};  // items of a lower order are gone; 0: none are
  // When a delayed flush takes effect; 0: there is none. Stored after the one above and loaded
  // before it: what an old value of it takes, that takes by the time that a new one is seen.
  std::atomic<Seconds> flush_at{0};

  const uint32_t number;
  const uint32_t count;
  IndexTable table;  // TryFind: any thread; all else under the mutex

  // What only writers touch, apart from what readers look at.
  alignas(64) Mutex mutex;
  uint64_t last_order ABSL_GUARDED_BY(mutex) = 0;
  StoreCounts counts ABSL_GUARDED_BY(mutex);
  // Of what is still in the table but was flushed: all of a lower order than flushed_below.
  uint64_t flushed_items ABSL_GUARDED_BY(mutex) = 0;
  uint64_t flushed_bytes ABSL_GUARDED_BY(mutex) = 0;
};

}  // namespace overtake
