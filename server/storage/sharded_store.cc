// A Store of independent shards, each a hash table with a list by recency of use (LRU).
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <vector>

#include "protocol/number.h"
#include "protocol/parser.h"
#include "protocol/reply.h"
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
    cas = item->cas;
    value_bytes = item->value_bytes;
    pieces = absl::MakeConstSpan(&piece_, 1);
  }

  Pin PinValue() const override {
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

  bool Get(std::string_view key, Seconds now, Visitor visit) override {
    const uint64_t hash = Hash(key);
    Shard* const shard = ShardOf(hash);
    ShardLock lock(shard);
    Item* const item = shard->Find(hash, key, now);
    if (item == nullptr) return false;
    shard->MarkUsed(item);
    visit(SharedItemView(item));
    return true;
  }

  bool GetAndTouch(std::string_view key, Seconds expires, Seconds now, Visitor visit) override {
    const uint64_t hash = Hash(key);
    Shard* const shard = ShardOf(hash);
    ShardLock lock(shard);
    Item* const item = shard->Find(hash, key, now);
    if (item == nullptr) return false;
    item->expires = expires;
    shard->MarkUsed(item);
    visit(SharedItemView(item));
    return true;
  }

  bool Touch(std::string_view key, Seconds expires, Seconds now) override {
    return GetAndTouch(key, expires, now, [](const ItemView&) {});
  }

  StoreResult Put(StoreMode mode, const NewItem& item, Seconds now) override {
    const uint64_t hash = Hash(item.key);
    Shard* const shard = ShardOf(hash);
    StoreResult result;
    {
      ShardLock lock(shard);
      result = PutLocked(shard, hash, mode, item, now);
    }
    if (result == StoreResult::kStored) EvictToLimit(hash, now);
    return result;
  }

  bool Delete(std::string_view key, Seconds now) override {
    const uint64_t hash = Hash(key);
    Shard* const shard = ShardOf(hash);
    ShardLock lock(shard);
    Item* const item = shard->Find(hash, key, now);
    if (item == nullptr) return false;
    shard->Unlink(item);
    return true;
  }

  DeltaResult Add(std::string_view key, uint64_t delta, bool negative, Seconds now,
                  uint64_t* result) override {
    const uint64_t hash = Hash(key);
    Shard* const shard = ShardOf(hash);
    ShardLock lock(shard);
    Item* const old = shard->Find(hash, key, now);
    if (old == nullptr) return DeltaResult::kNotFound;
    uint64_t number = 0;
    // As in C, where a NUL ends the digits.
    if (!ParseUint64(old->value().substr(0, old->value().find('\0')), &number))
      return DeltaResult::kNotANumber;
    *result = negative ? number - std::min(number, delta) : number + delta;

    std::array<char, 20> digits;
    const size_t length = static_cast<size_t>(WriteNumber(*result, digits.data()) - digits.data());
    Item* item = old;
    if (length > old->value_bytes || old->pinned()) {
      item = Item::New(key, std::max<size_t>(length, old->value_bytes));
      if (item == nullptr) return DeltaResult::kNoMemory;
      item->hash = hash;
      item->flags = old->flags;
      item->expires = old->expires;
      shard->Link(item, old, now);
    } else {
      item->cas = shard->NextCas();
    }
    std::memcpy(item->value_data(), digits.data(), length);
    std::memset(item->value_data() + length, ' ', item->value_bytes - length);
    return DeltaResult::kOk;
  }

  void FlushAll(Seconds at) override {
    for (auto& shard : shards_) {
      ShardLock lock(shard.get());
      shard->FlushAll(at);
    }
  }

  StoreStats Stats() const override {
    StoreStats stats;
    stats.limit_bytes = options_.memory_bytes;
    stats.bytes = TotalBytes();
    for (const auto& shard : shards_) {
      ShardLock lock(shard.get());
      shard->AddStats(&stats);
    }
    stats.hash_power = static_cast<uint64_t>(std::bit_width(stats.hash_bytes / sizeof(Item*)) - 1);
    return stats;
  }

 private:
  static uint64_t Hash(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }
  Shard* ShardOf(uint64_t hash) const { return shards_[hash % kShards].get(); }

  StoreResult PutLocked(Shard* shard, uint64_t hash, StoreMode mode, const NewItem& item,
                        Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard) {
    Item* const old = shard->Find(hash, item.key, now);
    std::string_view before;
    std::string_view after;
    switch (mode) {
      case StoreMode::kSet:
        break;
      case StoreMode::kAdd:
        if (old == nullptr) break;
        shard->MarkUsed(old);  // so does memcached: an add that fails was an interest in the item
        return StoreResult::kNotStored;
      case StoreMode::kReplace:
        if (old == nullptr) return StoreResult::kNotStored;
        break;
      case StoreMode::kCas:
        if (old == nullptr) return StoreResult::kNotFound;
        if (old->cas != item.cas) return StoreResult::kExists;
        break;
      case StoreMode::kAppend:
      case StoreMode::kPrepend:
        if (old == nullptr) return StoreResult::kNotStored;
        (mode == StoreMode::kAppend ? before : after) = old->value();
        break;
    }
    const size_t bytes = before.size() + item.value.size() + after.size();
    const bool joined = mode == StoreMode::kAppend || mode == StoreMode::kPrepend;
    if (joined && ItemBytes(item.key.size(), old->flags, bytes) > options_.max_item_bytes) {
      return StoreResult::kNotStored;
    }
    if (!options_.evict && TotalBytes() + sizeof(Item) + item.key.size() + bytes >
                               options_.memory_bytes + (old != nullptr ? old->footprint() : 0)) {
      if (mode == StoreMode::kSet && old != nullptr) shard->Unlink(old);
      return StoreResult::kNoMemory;
    }
    Item* const made = Item::New(item.key, bytes);
    if (made == nullptr) return StoreResult::kNoMemory;
    made->hash = hash;
    made->flags = joined ? old->flags : item.flags;
    made->expires = joined ? old->expires : item.expires;
    char* to = made->value_data();
    for (const std::string_view part : {before, item.value, after}) {
      to = std::copy(part.begin(), part.end(), to);
    }
    shard->Link(made, old, now);
    return StoreResult::kStored;
  }

  uint64_t TotalBytes() const { return total_bytes_.load(std::memory_order_relaxed); }

  // Evicts until the items fit into memory again: from the shard that has just grown, and from the
  // next ones when that has nothing else left. Locks one shard at a time; the item hashed to `hash`
  // stays.
  void EvictToLimit(uint64_t hash, Seconds now) {
    constexpr int kVictimsPerLock = 16;
    size_t idle_shards = 0;  // in a row, that had nothing to give
    for (size_t i = hash; TotalBytes() > options_.memory_bytes && idle_shards < kShards; ++i) {
      Shard* const shard = shards_[i % kShards].get();
      ShardLock lock(shard);
      ++idle_shards;
      for (int n = 0; n < kVictimsPerLock && TotalBytes() > options_.memory_bytes; ++n) {
        if (!shard->EvictOne(hash, now)) break;
        idle_shards = 0;
      }
    }
  }

  const StoreOptions options_;
  std::atomic<uint64_t> total_bytes_{0};
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace

std::unique_ptr<Store> MakeStore(const StoreOptions& options) {
  return std::make_unique<ShardedStore>(options);
}

}  // namespace overtake
