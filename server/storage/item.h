// An item of the sharded store: one allocation.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "server/storage/store.h"

namespace overtake {

// Header, key and value in one piece of memory. Threads reach it through its shard, under the
// shard's lock; the value of an item that is pinned (references > 1) is never changed.
struct Item {
  Item* chain = nullptr;  // next in the same bucket
  Item* newer = nullptr;  // links of the shard's list by recency
  Item* older = nullptr;
  uint64_t hash = 0;
  uint64_t cas = 0;    // what clients see
  uint64_t order = 0;  // the shard's number for the act of storing: a flush tells by it
  uint32_t flags = 0;
  Seconds expires = 0;
  Seconds stored = 0;
  Seconds last_access = 0;
  uint32_t value_bytes = 0;
  std::atomic<uint32_t> references{1};  // the shard's, and one for each Pin
  uint8_t key_bytes = 0;
  bool fetched = false;
  bool stale = false;
  bool win_given = false;

  static Item* New(std::string_view key, size_t value_bytes) {
    void* const memory = std::malloc(sizeof(Item) + key.size() + value_bytes);
    if (memory == nullptr) return nullptr;
    Item* const item = new (memory) Item;
    item->key_bytes = static_cast<uint8_t>(key.size());
    item->value_bytes = static_cast<uint32_t>(value_bytes);
    std::memcpy(item->data(), key.data(), key.size());
    return item;
  }

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  char* value_data() { return data() + key_bytes; }
  std::string_view key() const { return {data(), key_bytes}; }
  std::string_view value() const { return {data() + key_bytes, value_bytes}; }

  // What it takes of the memory limit: malloc rounds to 16 bytes and keeps 8 of its own.
  size_t footprint() const {
    return (sizeof(Item) + key_bytes + value_bytes + sizeof(size_t) + 15) & ~size_t{15};
  }

  void Reference() { references.fetch_add(1, std::memory_order_relaxed); }
  void Unreference() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    this->~Item();
    std::free(this);
  }
};

}  // namespace overtake
