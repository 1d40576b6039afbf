// A Store of independent shards, each a hash table with a list by recency of use (LRU).
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <vector>

#include "server/storage/hash_seed.h"
#include "server/storage/shard.h"
#include "server/storage/store.h"
#include "xxhash.h"

namespace overtake {
namespace {

constexpr size_t kShards = 64;

class SharedItemView final : public ItemView {
 public:
  explicit SharedItemView(Item* item) : item_(item), piece_(item->value()) {
    key = item->key();
    flags = item->flags;
    expires = item->expires;
    last_access = item->last_access;
    cas = item->cas;
    fetched = item->fetched;
    stale = item->stale;
    win_given = item->win_given;
    value_bytes = item->value_bytes;
    pieces = absl::MakeConstSpan(&piece_, 1);
  }

  Pin PinPiece(size_t /*piece*/) const override {
    item_->Reference();
    return Pin(item_, [](void* item) { static_cast<Item*>(item)->Unreference(); });
  }

 private:
  Item* const item_;
  const std::string_view piece_;
};

class ShardedStore final : public Store {
 public:
  explicit ShardedStore(const StoreOptions& options) : options_(options) {
    for (size_t i = 0; i < kShards; ++i)
      shards_[i] = std::make_unique<Shard>(i, kShards, &total_bytes_);
  }

  Found Get(std::string_view key, Seconds now, Visitor visit) override {
    const uint64_t hash = Hash(key);
    Shard* const shard = ShardOf(hash);
    ShardLock lock(shard);
    Found found;
    Item* const item = shard->Find(hash, key, now, &found);
    if (item == nullptr) return found;
    const SharedItemView view(item);
    shard->MarkUsed(item, now);
    visit(view);
    return found;
  }

  Updated Update(std::string_view key, Seconds now, Changer change, Visitor after) override {
    const uint64_t hash = Hash(key);
    Shard* const shard = ShardOf(hash);
    Found found;
    bool stored = false;
    {
      ShardLock lock(shard);
      Item* item = shard->Find(hash, key, now, &found);
      const Change what = item != nullptr ? Ask(change, SharedItemView(item)) : change(nullptr);
      switch (what.kind) {
        case Change::Kind::kDelete:
          if (item != nullptr) shard->Unlink(item);
          return {found, true};
        case Change::Kind::kStore:
          item = Replace(shard, hash, key, what, item, now);
          if (item == nullptr) return {found, false};
          stored = true;
          break;
        case Change::Kind::kLeave:
        case Change::Kind::kAlter:
          if (item == nullptr) return {found, true};
          Alter(shard, what, item, now);
          break;
      }
      after(SharedItemView(item));
    }
    if (stored) EvictToLimit(hash, now);
    return {found, true};
  }

  bool Walk(uint64_t* place, Seconds now, Visitor visit) override {
    if (*place >= kShards) return false;
    Shard* const shard = shards_[*place].get();
    ShardLock lock(shard);
    shard->ForEach(now, [visit](Item* item) { visit(SharedItemView(item)); });
    return ++*place < kShards;
  }

  void FlushAll(Seconds at, Seconds now) override {
    for (auto& shard : shards_) {
      ShardLock lock(shard.get());
      shard->FlushAll(at, now);
    }
  }

  StoreStats Stats() const override {
    StoreStats stats;
    stats.limit_bytes = limit_bytes();
    for (const auto& shard : shards_) {
      ShardLock lock(shard.get());
      if (options_.clock) shard->FlushIfDue(options_.clock());
      shard->AddStats(&stats);
    }
    stats.hash_power = static_cast<uint64_t>(std::bit_width(stats.hash_bytes / sizeof(Item*)) - 1);
    return stats;
  }

  uint64_t limit_bytes() const override { return limit_.load(std::memory_order_relaxed); }
  bool SetLimit(uint64_t bytes) override {
    limit_.store(bytes, std::memory_order_relaxed);
    return true;
  }

 private:
  uint64_t Hash(std::string_view key) const {
    return XXH3_64bits_withSeed(key.data(), key.size(), hash_seed_);
  }
  Shard* ShardOf(uint64_t hash) const { return shards_[hash % kShards].get(); }

  static Change Ask(Changer change, const ItemView& item) { return change(&item); }

  // A kLeave or kAlter.
  static void Alter(Shard* shard, const Change& what, Item* item, Seconds now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard) {
    if (what.kind == Change::Kind::kAlter) {
      item->expires = what.expires;
      item->stale = what.stale;
      item->win_given = what.win_given;
      item->fetched = what.fetched;
    }
    if (what.used) shard->MarkUsed(item, now);
  }

  // A kStore: the item made in place of `old`, or null when there is no memory.
  Item* Replace(Shard* shard, uint64_t hash, std::string_view key, const Change& what, Item* old,
                Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard) {
    size_t bytes = 0;
    for (const std::string_view piece : what.value) bytes += piece.size();
    if (!options_.evict && TotalBytes() + sizeof(Item) + key.size() + bytes >
                               limit_bytes() + (old != nullptr ? old->footprint() : 0)) {
      return nullptr;
    }
    Item* const made = Item::New(key, bytes);
    if (made == nullptr) return nullptr;
    made->hash = hash;
    made->flags = what.flags;
    made->expires = what.expires;
    made->last_access = now;
    made->fetched = what.fetched;
    made->stale = what.stale;
    made->win_given = what.win_given;
    char* to = made->value_data();
    for (const std::string_view piece : what.value) to = std::copy(piece.begin(), piece.end(), to);
    shard->Link(made, old, now);
    if (what.cas.has_value()) made->cas = *what.cas;
    if (!options_.cas) made->cas = 0;
    return made;
  }

  uint64_t TotalBytes() const { return total_bytes_.load(std::memory_order_relaxed); }

  // Evicts until the items fit into memory again: from the shard that has just grown, and from the
  // next ones when that has nothing else left. Locks one shard at a time; the item hashed to `hash`
  // stays.
  void EvictToLimit(uint64_t hash, Seconds now) {
    constexpr int kVictimsPerLock = 16;
    size_t idle_shards = 0;  // in a row, that had nothing to give
    for (size_t i = hash; TotalBytes() > limit_bytes() && idle_shards < kShards; ++i) {
      Shard* const shard = shards_[i % kShards].get();
      ShardLock lock(shard);
      ++idle_shards;
      for (int n = 0; n < kVictimsPerLock && TotalBytes() > limit_bytes(); ++n) {
        if (!shard->EvictOne(hash, now)) break;
        idle_shards = 0;
      }
    }
  }

  const StoreOptions options_;
  const uint64_t hash_seed_ = options_.hash_seed ? *options_.hash_seed : RandomHashSeed();
  std::atomic<uint64_t> limit_{options_.memory_bytes};
  std::atomic<uint64_t> total_bytes_{0};
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace

std::unique_ptr<Store> MakeShardedStore(const StoreOptions& options) {
  return std::make_unique<ShardedStore>(options);
}

}  // namespace overtake
