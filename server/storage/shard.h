// One of the independent parts of the sharded store.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "server/storage/item.h"
#include "server/storage/store.h"

namespace overtake {

// A chained hash table and a list by recency of use, under one lock held by the caller.
class ABSL_LOCKABLE Shard {
 public:
  // `first_cas` and every `cas_step`-th number after it are this shard's CAS uniques. `total_bytes`
  // is the sum of the memory that the items of all shards take.
  Shard(uint64_t first_cas, uint64_t cas_step, std::atomic<uint64_t>* total_bytes);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.Lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) { return mutex_.TryLock(); }

  // All below: under the lock.

  // The live item of `key`, or null. One that has expired or was flushed is removed.
  Item* Find(uint64_t hash, std::string_view key, Seconds now, Found* found)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  // Makes `item` the newest, with a new CAS unique, in place of `old` (may be null). Takes over the
  // reference that New gave.
  void Link(Item* item, Item* old, Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  void Unlink(Item* item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  void MarkUsed(Item* item, Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);

  // Calls visit(item) for each live item.
  template <typename Visit>
  void ForEach(Seconds now, Visit visit) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    for (Item* item = newest_; item != nullptr; item = item->older) {
      if (!IsExpired(*item, now) && !IsFlushed(*item, now)) visit(item);
    }
  }

  // Drops the item used longest ago. False when there is none, or it is the one hashed to `keep`.
  bool EvictOne(uint64_t keep, Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  void FlushAll(Seconds at, Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  // Carries out the delayed flush if it is due; before anything is stored.
  void FlushIfDue(Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  // Adds this shard's share to *stats.
  void AddStats(StoreStats* stats) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);

 private:
  Item** BucketOf(uint64_t hash) { return &buckets_[(hash >> 16) & (buckets_.size() - 1)]; }
  bool IsFlushed(const Item& item, Seconds now) const;
  bool IsExpired(const Item& item, Seconds now) const {
    return item.expires != 0 && item.expires <= now;
  }
  // Everything stored up to now is gone.
  void Flush();
  uint64_t NextCas();
  void Grow();
  void ListInsert(Item* item);
  void ListRemove(Item* item);

  // The capability is the Shard itself: what follows is guarded by it.
  Mutex mutex_;
  std::vector<Item*> buckets_;
  Item* newest_ = nullptr;
  Item* oldest_ = nullptr;
  uint64_t items_ = 0;  // those that were flushed and not taken out yet included
  uint64_t flushed_items_ = 0;
  uint64_t flushed_bytes_ = 0;
  uint64_t bytes_ = 0;
  std::atomic<uint64_t>* const total_bytes_;
  uint64_t next_cas_;
  const uint64_t cas_step_;
  uint64_t flushed_below_cas_ = 0;
  Seconds flush_at_ = 0;  // items stored up to then are gone once it has come; 0: none
  uint64_t total_items_ = 0;
  uint64_t evictions_ = 0;
  uint64_t expired_unfetched_ = 0;
  uint64_t evicted_unfetched_ = 0;
  uint64_t get_expired_ = 0;
  uint64_t get_flushed_ = 0;
  uint64_t reclaimed_ = 0;
};

// Holds a Shard's lock for the length of a scope.
class ABSL_SCOPED_LOCKABLE ShardLock {
 public:
  explicit ShardLock(Shard* shard) ABSL_EXCLUSIVE_LOCK_FUNCTION(shard) : shard_(shard) {
    shard_->Lock();
  }
  ~ShardLock() ABSL_UNLOCK_FUNCTION() { shard_->Unlock(); }
  ShardLock(const ShardLock&) = delete;
  ShardLock& operator=(const ShardLock&) = delete;

 private:
  Shard* const shard_;
};

}  // namespace overtake
