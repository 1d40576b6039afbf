// From a key's hash to where its item lies.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/storage/geometry.h"
#include "server/storage/page_pool.h"

namespace overtake {

// One partition's hash table: cache-line buckets of 8 slots, each a 32-bit tag (of the key's hash)
// and a 32-bit location. What does not fit into its bucket goes to one of the next. The table is
// made of pages, and grows by one at a time to stay about nine tenths full: slots are put in order
// by their tags alone, no key is read.
//
// Readers take no lock: slots are atomics, and a miss counts only if the table's version says that
// nothing moved meanwhile. All that changes the table runs under the partition's lock; so do the
// look-ups that return a slot.
class IndexTable {
 public:
  using Slot = std::atomic<uint64_t>;
  static constexpr size_t kSlotsPerBucket = 8;
  static constexpr size_t kMaxPages = 56;

  explicit IndexTable(PagePool* pages) : base_(pages->At(0)), pool_(pages) {}

  // The first location with this tag that `match(location)` accepts. Any thread, inside an epoch.
  // False when somebody is putting the table in order: ask again under the lock.
  template <typename Match>
  bool TryFind(uint32_t tag, Match match, Location* found) const;

  // The slot, or null. Under the lock, as everything below.
  template <typename Match>
  Slot* Find(uint32_t tag, Match match);
  Slot* FindLocation(uint32_t tag, Location location) {
    return Find(tag, [location](Location l) { return l == location; });
  }
  // Calls visit(location) for what has a tag from `first` up to the number that is returned, which
  // is where to go on: some buckets further. 2^32: that was all. Tags stay when the table is put in
  // order, so a walk meets what is there all the while once, whatever else changes.
  template <typename Visit>
  uint64_t Walk(uint64_t first, Visit visit) const;

  // For look-ups that will come: starts to fetch the bucket of `tag`; the first location in it with
  // this tag, or 0. Any thread, the second one inside an epoch. What they say need not be true.
  void PrefetchBucket(uint32_t tag) const;
  Location Guess(uint32_t tag) const;

  // Makes sure that the next Insert succeeds, of a table that holds `items`. False when that takes
  // a page and there is none. (Who inserts and erases counts: a count in here would be written
  // beside what readers load.)
  bool EnsureRoom(uint32_t tag, size_t items);
  // REQUIRES: EnsureRoom(tag, items) just returned true.
  Slot* Insert(uint32_t tag, Location location);
  static void Replace(Slot* slot, Location location) {
    const uint64_t tag = slot->load(std::memory_order_relaxed) & ~uint64_t{UINT32_MAX};
    slot->store(tag | location, std::memory_order_release);
  }
  void Erase(Slot* slot);

  size_t pages() const { return buckets_.load(std::memory_order_relaxed) / kBucketsPerPage; }

  static Location LocationOf(const Slot* slot) {
    return static_cast<Location>(slot->load(std::memory_order_relaxed));
  }

 private:
  struct alignas(64) Bucket {
    std::array<Slot, kSlotsPerBucket> slots;
  };
  static constexpr size_t kBucketsPerPage = Geometry::kPageBytes / sizeof(Bucket);
  // An item lies at most so many buckets behind its own.
  static constexpr size_t kMaxDistance = 48;
  // At the end, for what does not fit into the last bucket that is somebody's own.
  static constexpr size_t kSpareBuckets = 8;
  static constexpr size_t kMaxLoadPercent = 92;

  Bucket* BucketAt(size_t i) const {
    const uint32_t page = page_[i / kBucketsPerPage].load(std::memory_order_relaxed);
    return reinterpret_cast<Bucket*>(base_ + uint64_t{page} * Geometry::kPageBytes) +
           i % kBucketsPerPage;
  }
  static size_t HomeOf(uint32_t tag, size_t buckets) {
    return static_cast<size_t>(uint64_t{tag} * (buckets - kSpareBuckets) >> 32);
  }
  static uint32_t TagOf(uint64_t slot) { return static_cast<uint32_t>(slot >> 32); }
  // A place for `tag`, or null.
  Slot* PlaceFor(uint32_t tag) const;
  bool Grow();
  void AddPage(uint32_t page);
  uint32_t RemovePage();
  // Makes `slots` all that the table holds. False when one did not fit.
  bool Arrange(const std::vector<uint64_t>& slots);
  static void Clear(Bucket* bucket);

  // Every look-up loads from here on; what is written, is written seldom.
  // Odd while the table is put in order; another number whenever a slot has moved.
  std::atomic<uint32_t> version_{0};
  std::atomic<uint32_t> buckets_{0};
  char* const base_;  // of the pool's pages
  std::array<std::atomic<uint32_t>, kMaxPages> page_{};
  PagePool* const pool_;
};

template <typename Match>
bool IndexTable::TryFind(uint32_t tag, Match match, Location* found) const {
  constexpr int kAttempts = 8;
  *found = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const uint32_t version = version_.load(std::memory_order_acquire);
    if (version & 1) return false;
    const size_t buckets = buckets_.load(std::memory_order_acquire);
    if (buckets == 0) return true;
    const size_t home = HomeOf(tag, buckets);
    const size_t end = std::min(home + kMaxDistance, buckets);
    for (size_t b = home; b < end; ++b) {
      const Bucket* const bucket = BucketAt(b);
      bool full = true;
      for (const Slot& slot : bucket->slots) {
        const uint64_t content = slot.load(std::memory_order_acquire);
        full &= content != 0;
        if (TagOf(content) != tag || content == 0) continue;
        const auto location = static_cast<Location>(content);
        if (match(location)) {
          *found = location;
          return true;
        }
      }
      if (!full) break;
    }
    if (version_.load(std::memory_order_acquire) == version) return true;
  }
  return false;
}

inline void IndexTable::PrefetchBucket(uint32_t tag) const {
  const size_t buckets = buckets_.load(std::memory_order_acquire);
  if (buckets != 0) __builtin_prefetch(BucketAt(HomeOf(tag, buckets)));
}

inline Location IndexTable::Guess(uint32_t tag) const {
  const size_t buckets = buckets_.load(std::memory_order_acquire);
  if (buckets == 0) return 0;
  for (const Slot& slot : BucketAt(HomeOf(tag, buckets))->slots) {
    const uint64_t content = slot.load(std::memory_order_relaxed);
    if (TagOf(content) == tag) return static_cast<Location>(content);
  }
  return 0;
}

template <typename Match>
IndexTable::Slot* IndexTable::Find(uint32_t tag, Match match) {
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  if (buckets == 0) return nullptr;
  const size_t home = HomeOf(tag, buckets);
  const size_t end = std::min(home + kMaxDistance, buckets);
  for (size_t b = home; b < end; ++b) {
    Bucket* const bucket = BucketAt(b);
    bool full = true;
    for (Slot& slot : bucket->slots) {
      const uint64_t content = slot.load(std::memory_order_relaxed);
      full &= content != 0;
      if (TagOf(content) == tag && content != 0 && match(static_cast<Location>(content))) {
        return &slot;
      }
    }
    if (!full) break;
  }
  return nullptr;
}

template <typename Visit>
uint64_t IndexTable::Walk(uint64_t first, Visit visit) const {
  constexpr size_t kBucketsAStep = 32;
  constexpr uint64_t kEnd = uint64_t{1} << 32;
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  if (buckets == 0) return kEnd;
  const size_t home = HomeOf(static_cast<uint32_t>(first), buckets);
  const size_t homes = buckets - kSpareBuckets;
  const size_t next_home = std::min(home + kBucketsAStep, homes);
  // The first tag whose home that is.
  const uint64_t next = ((uint64_t{next_home} << 32) + homes - 1) / homes;
  const size_t end = std::min(next_home - 1 + kMaxDistance, buckets);
  for (size_t b = home; b < end; ++b) {
    for (const Slot& slot : BucketAt(b)->slots) {
      const uint64_t content = slot.load(std::memory_order_relaxed);
      if (content != 0 && TagOf(content) >= first && TagOf(content) < next) {
        visit(static_cast<Location>(content));
      }
    }
  }
  return next;
}

}  // namespace overtake
