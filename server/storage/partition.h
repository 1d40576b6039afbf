// An independent part of the log store's index, and where index and log meet.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "server/storage/entry.h"
#include "server/storage/index_table.h"
#include "server/storage/log.h"
#include "server/storage/store_stats.h"

namespace overtake {

// The items whose keys hash here: a table of where they lie, and what is counted of them. A writer
// or the reclaimer holds the mutex while it changes one; readers hold nothing.
//
// The table keeps the invariants of index_table.h, the log those of log.h. What each relies on in
// the other is kept by the thread that holds the mutex:
//
// 1. One slot leads to an item's entry, and the entry's list to each of its chunks; what is not
//    reached so is dead. (The reclaimer comes from the other side, from a segment: it looks for the
//    slot with the location that it came from.)
// 2. An entry is written before a slot leads to it, a chunk before a list has it (releases: table
//    5), and published after (log 3). (Readers see whole entries, the reclaimer none that are on
//    their way.)
// 3. A slot or a list leads elsewhere before what it led to is marked dead (log 4). So a segment is
//    retired when no reader that comes can get there.
// 4. A reader is inside an epoch from before it loads a slot until after its last look at what the
//    slot led to (log 6). (So TryFind may compare keys in an entry that has just been taken out,
//    and a Get shows it as it was. A value that is needed for longer is pinned.)
// 5. An item that is moved keeps its tag, and its new entry is a copy: one store to the slot takes
//    readers from one to the other. (A get that runs meanwhile misses nothing.)
// 6. Orders grow by one with each item stored, and a flush takes all up to the last. Each item in
//    the table is counted once: as flushed if its order is below flushed_below_, else as held.
//    (LifeOf, CAS uniques; the table's load, table 6; no count falls below 0.)
// 7. No thread waits for room with the mutex held: an update that finds none lets go, has the
//    reclaimer make some, and begins anew. (The reclaimer, which takes this mutex to make room.)
//    Heads' locks, the free list's and the page pool's are taken under it.
class alignas(64) Partition {
 public:
  using Slot = IndexTable::Slot;
  enum class Life : uint8_t { kLive, kExpired, kFlushed };

  // Number `number` of `partitions`.
  Partition(Log* log, PagePool* pages, size_t number, size_t partitions)
      : number_(static_cast<uint32_t>(number)),
        count_(static_cast<uint32_t>(partitions)),
        table_(pages),
        log_(log) {}

  // Any thread. Another for each item, also of other partitions, unless a client chose it.
  uint64_t CasOf(const Entry& entry) const {
    return entry.has_explicit_cas() ? entry.explicit_cas()
                                    : entry.order() * uint64_t{count_} + number_;
  }

  // Any thread. memcached's rules: an immediate flush takes what was stored before it; a delayed
  // one, once its time has come, all that was stored up to the second before it. What was got since
  // was not flushed: so the time of the last access tells as much as that of storing.
  Life LifeOf(const Entry& entry, Seconds now) const {
    const Seconds expires = entry.expires();
    if (expires != 0 && expires <= now) return Life::kExpired;
    // Acquire: a thread that sees that a flush took a delayed one's time away, or put another in
    // its place, also sees the order that it wrote before that, and so what that flush took stays
    // gone.
    const Seconds at = flush_at_.load(std::memory_order_acquire);
    if (at != 0 && at <= now + 1 && entry.state().last_access(now) < at) return Life::kFlushed;
    return WasFlushed(entry) ? Life::kFlushed : Life::kLive;
  }

  // For look-ups; whether they need the mutex is said there.
  const IndexTable& table() const { return table_; }

  // All below: under the mutex.

  Entry EntryOf(const Slot* slot) const { return log_->EntryAt(IndexTable::LocationOf(slot)); }
  // That of the next item stored.
  uint64_t next_order() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return last_order_ + 1; }

  // As the table's, for one item more.
  IndexTable::Vacancy EnsureRoom(uint32_t tag) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return table_.EnsureRoom(tag, counts_.items + flushed_items_);
  }
  // When that says kDoesNotFit: the item that has to go for one with this tag; null when all that
  // have its places are alive and `evict` is false.
  Slot* LeastWorthy(uint32_t tag, Seconds now, bool evict) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // A new item, of the order next_order(), lies at `location` and takes `bytes` of the log, chunks
  // included. It takes the slot of the item that it overwrites, or that LeastWorthy named; null:
  // EnsureRoom just said kRoom. Returns its slot.
  Slot* Link(uint32_t tag, Location location, size_t bytes, Slot* slot)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // The item has a new entry, of `bytes`, with the old one's chunks.
  void Move(Slot* slot, Location location, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Takes the item out; its bytes are dead.
  void Unlink(Slot* slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Counts an item that is about to be taken out: as evicted if it is alive.
  void CountDropped(const Entry& entry, Life life) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Takes out an item that a look-up found dead, and counts it.
  void UnlinkDead(Slot* slot, Life life) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // As Store::FlushAll. False when there was nothing to take yet. What was taken is not counted any
  // longer, and its memory is taken back by and by.
  bool FlushAll(Seconds at, Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Carries out the delayed flush if it is due. A writer does so before it stores: then all that
  // there is was stored before. In the second before its time it takes all that comes.
  bool FlushIfDue(Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const Seconds at = flush_at_.load(std::memory_order_relaxed);
    if (at == 0 || at > now + 1) return false;
    const bool some = Flush();
    if (at <= now) flush_at_.store(0, std::memory_order_release);
    return some;
  }

  // Adds what it counts and the pages of its table; returns bytes that were flushed but are still
  // in the log.
  uint64_t AddStats(StoreStats* stats) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

 private:
  bool WasFlushed(const Entry& entry) const {
    const uint64_t below = flushed_below_.load(std::memory_order_relaxed);
    return below != 0 && entry.order() < below;
  }
  // Everything that was stored up to now is gone. False when there was nothing.
  bool Flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // The item goes: it is counted no longer, and marked dead once no slot leads to it.
  void Discount(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void MarkDead(const Entry& entry);

  // What every look-up loads comes first, in one cache line where the table has few pages.
  // Written under the mutex.
  std::atomic<uint64_t> flushed_below_{0};  // items of a lower order are gone; 0: none are
  // When a delayed flush takes effect; 0: there is none. Stored after the one above and loaded
  // before it: what an old value of it takes, that takes by the time that a new one is seen.
  std::atomic<Seconds> flush_at_{0};

  const uint32_t number_;
  const uint32_t count_;
  IndexTable table_;

 public:
  // What only writers touch, apart from what readers look at; what few of them need comes last.
  alignas(64) Mutex mutex;

 private:
  Log* const log_;
  uint64_t last_order_ ABSL_GUARDED_BY(mutex) = 0;
  // Of what is still in the table but was flushed: all of a lower order than flushed_below_.
  uint64_t flushed_items_ ABSL_GUARDED_BY(mutex) = 0;
  StoreCounts counts_ ABSL_GUARDED_BY(mutex);
  uint64_t flushed_bytes_ ABSL_GUARDED_BY(mutex) = 0;
};

}  // namespace overtake
