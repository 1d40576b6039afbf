#include "server/storage/partition.h"

#include <tuple>

namespace overtake {

// Items that are no longer alive go first. Then those of the home bucket that has most of the
// places: keys that a client has made to crowd make way for each other, rather than what lies in
// buckets that they only spilled into. Of these the one got least often, of which the oldest, as
// eviction would choose.
Partition::Slot* Partition::LeastWorthy(uint32_t tag, Seconds now, bool evict) const {
  using Worth = std::tuple<bool, ptrdiff_t, uint32_t, uint64_t>;
  Slot* least = nullptr;
  Worth least_worth;
  table_.VisitPlaces(tag, [&](Slot* slot, size_t crowd) {
    const Entry entry = EntryOf(slot);
    const bool live = LifeOf(entry, now) == Life::kLive;
    if (live && !evict) return;
    const Worth worth(live, -static_cast<ptrdiff_t>(crowd), entry.state().frequency(),
                      entry.order());
    if (least != nullptr && worth >= least_worth) return;
    least = slot;
    least_worth = worth;
  });
  return least;
}

Partition::Slot* Partition::Link(uint32_t tag, Location location, size_t bytes, Slot* slot) {
  ++last_order_;
  ++counts_.total_items;
  ++counts_.items;
  counts_.bytes += bytes;
  if (slot == nullptr) return table_.Insert(tag, location);
  const Entry old = EntryOf(slot);
  Discount(old);
  IndexTable::TakeOver(slot, tag, location);
  MarkDead(old);
  return slot;
}

void Partition::Move(Slot* slot, Location location, size_t bytes) {
  const Entry old = EntryOf(slot);
  counts_.bytes += bytes - log_->SizeOf(old);
  IndexTable::Replace(slot, location);
  log_->MarkDead(old);
}

void Partition::Unlink(Slot* slot) {
  const Entry entry = EntryOf(slot);
  Discount(entry);
  table_.Erase(slot);
  MarkDead(entry);
}

void Partition::Discount(const Entry& entry) {
  size_t bytes = log_->SizeOf(entry);
  if (entry.is_large()) {
    for (size_t i = 0; i < entry.chunks(); ++i) {
      bytes += log_->SizeOf(log_->EntryAt(entry.chunk(i)));
    }
  }
  const bool flushed = WasFlushed(entry);
  --(flushed ? flushed_items_ : counts_.items);
  (flushed ? flushed_bytes_ : counts_.bytes) -= bytes;
}

void Partition::MarkDead(const Entry& entry) {
  if (entry.is_large()) {
    for (size_t i = 0; i < entry.chunks(); ++i) log_->MarkDead(log_->EntryAt(entry.chunk(i)));
  }
  log_->MarkDead(entry);
}

void Partition::UnlinkDead(Slot* slot, Life life) {
  ++(life == Life::kExpired ? counts_.get_expired : counts_.get_flushed);
  CountDropped(EntryOf(slot), life);
  Unlink(slot);
}

void Partition::CountDropped(const Entry& entry, Life life) {
  const bool fetched = entry.state().fetched();
  if (life == Life::kLive) {
    ++counts_.evictions;
    if (!fetched) ++counts_.evicted_unfetched;
    return;
  }
  ++counts_.reclaimed;
  if (life == Life::kExpired && !fetched) ++counts_.expired_unfetched;
}

bool Partition::FlushAll(Seconds at, Seconds now) {
  // What an earlier flush took stays gone.
  bool flushed = FlushIfDue(now);
  if (at == 0) flushed |= Flush();
  // Release: LifeOf, on a processor that reorders stores, must not see this one without those.
  flush_at_.store(at, std::memory_order_release);
  return FlushIfDue(now) || flushed;
}

bool Partition::Flush() {
  flushed_below_.store(last_order_ + 1, std::memory_order_relaxed);
  const bool some = counts_.items > 0;
  flushed_items_ += counts_.items;
  flushed_bytes_ += counts_.bytes;
  counts_.items = 0;
  counts_.bytes = 0;
  return some;
}

uint64_t Partition::AddStats(StoreStats* stats) const {
  stats->Add(counts_);
  stats->hash_bytes += table_.pages() * Geometry::kPageBytes;
  return flushed_bytes_;
}

}  // namespace overtake
