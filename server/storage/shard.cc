#include "server/storage/shard.h"

#include <utility>

namespace overtake {
namespace {

constexpr size_t kFirstBuckets = 1024;

}  // namespace

Shard::Shard(uint64_t first_cas, uint64_t cas_step, std::atomic<uint64_t>* total_bytes)
    : buckets_(kFirstBuckets),
      total_bytes_(total_bytes),
      next_cas_(first_cas),
      cas_step_(cas_step) {}

Shard::~Shard() {
  while (newest_ != nullptr) {
    Item* const older = newest_->older;
    newest_->Unreference();
    newest_ = older;
  }
}

Item* Shard::Find(uint64_t hash, std::string_view key, Seconds now, Found* found) {
  FlushIfDue(now);
  *found = Found::kHit;
  for (Item* item = *BucketOf(hash); item != nullptr; item = item->chain) {
    if (item->hash != hash || item->key() != key) continue;
    const bool expired = IsExpired(*item, now);
    if (!expired && !IsFlushed(*item, now)) return item;
    ++(expired ? get_expired_ : get_flushed_);
    *found = expired ? Found::kExpired : Found::kFlushed;
    ++reclaimed_;
    if (expired && !item->fetched) ++expired_unfetched_;
    Unlink(item);
    return nullptr;
  }
  *found = Found::kAbsent;
  return nullptr;
}

// memcached's rule: immediately flushed items are told by their order; a delayed flush takes,
// once its time has come, all that was stored up to the second before it.
bool Shard::IsFlushed(const Item& item, Seconds now) const {
  if (item.order < flushed_below_cas_) return true;
  return flush_at_ != 0 && flush_at_ <= now + 1 && item.stored < flush_at_;
}

void Shard::Link(Item* item, Item* old, Seconds now) {
  if (old != nullptr) Unlink(old);
  if (items_ >= buckets_.size()) Grow();
  item->order = NextCas();
  item->cas = item->order;
  item->stored = now;
  Item** const bucket = BucketOf(item->hash);
  item->chain = *bucket;
  *bucket = item;
  ListInsert(item);
  ++items_;
  bytes_ += item->footprint();
  ++total_items_;
  total_bytes_->fetch_add(item->footprint(), std::memory_order_relaxed);
}

void Shard::Unlink(Item* item) {
  Item** at = BucketOf(item->hash);
  while (*at != item) at = &(*at)->chain;
  *at = item->chain;
  ListRemove(item);
  --items_;
  bytes_ -= item->footprint();
  if (item->order < flushed_below_cas_) {
    --flushed_items_;
    flushed_bytes_ -= item->footprint();
  }
  total_bytes_->fetch_sub(item->footprint(), std::memory_order_relaxed);
  item->Unreference();
}

void Shard::MarkUsed(Item* item, Seconds now) {
  item->fetched = true;
  item->last_access = now;
  if (item == newest_) return;
  ListRemove(item);
  ListInsert(item);
}

uint64_t Shard::NextCas() {
  next_cas_ += cas_step_;
  return next_cas_;
}

bool Shard::EvictOne(uint64_t keep, Seconds now) {
  Item* const item = oldest_;
  if (item == nullptr || item->hash == keep) return false;
  if (IsExpired(*item, now)) {
    ++reclaimed_;
    if (!item->fetched) ++expired_unfetched_;
  } else if (IsFlushed(*item, now)) {
    ++reclaimed_;
  } else {
    ++evictions_;
    if (!item->fetched) ++evicted_unfetched_;
  }
  Unlink(item);
  return true;
}

void Shard::FlushAll(Seconds at, Seconds now) {
  FlushIfDue(now);  // what an earlier flush took stays gone
  if (at == 0) Flush();
  flush_at_ = at;
  FlushIfDue(now);
}

void Shard::Flush() {
  flushed_below_cas_ = next_cas_ + 1;
  flushed_items_ = items_;
  flushed_bytes_ = bytes_;
}

void Shard::FlushIfDue(Seconds now) {
  // In the second before its time it takes everything.
  if (flush_at_ == 0 || flush_at_ > now + 1) return;
  Flush();
  if (flush_at_ <= now) flush_at_ = 0;
}

void Shard::AddStats(StoreStats* stats) const {
  stats->items += items_ - flushed_items_;
  stats->bytes += bytes_ - flushed_bytes_;
  stats->total_items += total_items_;
  stats->evictions += evictions_;
  stats->expired_unfetched += expired_unfetched_;
  stats->evicted_unfetched += evicted_unfetched_;
  stats->get_expired += get_expired_;
  stats->get_flushed += get_flushed_;
  stats->reclaimed += reclaimed_;
  stats->hash_bytes += buckets_.size() * sizeof(buckets_[0]);
}

void Shard::Grow() {
  std::vector<Item*> old(buckets_.size() * 2);
  old.swap(buckets_);
  for (Item* item : old) {
    while (item != nullptr) {
      Item* const next = item->chain;
      Item** const bucket = BucketOf(item->hash);
      item->chain = *bucket;
      *bucket = item;
      item = next;
    }
  }
}

void Shard::ListInsert(Item* item) {
  item->older = newest_;
  item->newer = nullptr;
  (newest_ != nullptr ? newest_->newer : oldest_) = item;
  newest_ = item;
}

void Shard::ListRemove(Item* item) {
  (item->newer != nullptr ? item->newer->older : newest_) = item->older;
  (item->older != nullptr ? item->older->newer : oldest_) = item->newer;
}

}  // namespace overtake
