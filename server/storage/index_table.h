// From a key's hash to where its item lies.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/storage/geometry.h"
#include "server/storage/page_pool.h"

namespace overtake {

// One partition's hash table: cache-line buckets of 8 slots, each a 32-bit tag (of the key's hash)
// and a 32-bit location. What does not fit into its home bucket goes to one of the next. The table
// is made of pages, and grows by one at a time to stay about nine tenths full: slots are put in
// order by their tags alone, no key is read.
//
// Readers take no lock: slots are atomics. All that changes the table runs under the partition's
// lock; so do the look-ups that return a slot. Writers and the reclaimer, which change it, keep
// these (partition.h says what the table and the log rely on in each other):
//
// 1. A tag belongs to its item for as long as the item is in the table. The home bucket follows
//    from the tag and the number of pages, in the order of tags. (Walk goes by tags; Grow needs no
//    keys.)
// 2. An item lies in its home bucket or fewer than kWindow buckets behind it. (Every look-up, Walk
//    and Erase end there, so none takes more than a bounded time whatever the tags are.)
// 3. No bucket from an item's home to the one before its own has an empty slot. (Find and TryFind
//    end at the first bucket that has one. So Insert takes the first empty slot, TakeOver leaves
//    none empty, Erase fetches back what went past, Grow fills from each home on.)
// 4. The version is odd while Grow writes, and another one before Erase clears the slot that it has
//    copied to another. (A miss of TryFind counts if the version was even and has stayed. A hit
//    counts always: it compared the key.)
// 5. A slot's content is published by a release; what it leads to was written before. (TryFind
//    acquires.)
// 6. The table grows when it is nearly full, or when an item finds no place and at least
//    kMinLoadPercent of the slots are in use; by one page for one item. So `items` items take
//    items * 100 / kMinLoadPercent slots and a page at most: tags chosen to crowd make no page.
//
// Tags may be anything, also all the same: a client that knows the hash chooses them. So there may
// be no place for an item although the table is nearly empty, which no growth mends: EnsureRoom
// says so, and the caller gives the item another's place (TakeOver), or refuses it. A table with
// crowded tags may also find no order in more pages, since homes are rounded differently; Grow
// counts before it moves anything, and leaves such a table as it is. That is rare on purpose:
// new items use only the first kPlaces buckets of the window, which leaves the rest to growth.
class IndexTable {
 public:
  using Slot = std::atomic<uint64_t>;
  static constexpr size_t kSlotsPerBucket = 8;
  // A store with the memory that it began with needs no more; one that was given more, by as much
  // more.
  static constexpr size_t kFirstPages = Geometry::kTablePages;
  static constexpr size_t kMaxPages = kFirstPages * Geometry::kMaxGrowth;
  static constexpr size_t kMorePagesBytes = (kMaxPages - kFirstPages) * sizeof(uint32_t);
  static constexpr size_t kMinLoadPercent = 75;

  // Whether one more item can be inserted.
  enum class Vacancy : uint8_t {
    kRoom,
    kNoPage,      // once the pool has a page
    kDoesNotFit,  // all places that it could take are others', and more pages would not help
  };

  explicit IndexTable(PagePool* pages) : base_(pages->At(0)), pool_(pages) {}

  // The first location with this tag that `match(location)` accepts. Any thread, inside an epoch.
  // False while a writer puts the table in order: ask again under the lock.
  template <typename Match>
  bool TryFind(uint32_t tag, Match match, Location* found) const;

  // The slot, or null. Under the lock, as everything below.
  template <typename Match>
  Slot* Find(uint32_t tag, Match match) const;
  Slot* FindLocation(uint32_t tag, Location location) const {
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

  // Makes sure, if it can be done, that the next Insert succeeds, of a table that holds about
  // `items`. (The partition counts: a count in here would be written beside what readers load.)
  Vacancy EnsureRoom(uint32_t tag, size_t items);
  // REQUIRES: EnsureRoom(tag, items) just said kRoom.
  Slot* Insert(uint32_t tag, Location location);
  // Calls visit(slot, crowd) for each item that is where one with this tag could be; `crowd` of
  // them have the home bucket that this one has.
  template <typename Visit>
  void VisitPlaces(uint32_t tag, Visit visit) const;
  // The item of `slot` is no longer in the table, another one is in its place. REQUIRES:
  // EnsureRoom(tag, items) just said kDoesNotFit, VisitPlaces(tag, visit) named the slot.
  static void TakeOver(Slot* slot, uint32_t tag, Location location) {
    slot->store(uint64_t{tag} << 32 | location, std::memory_order_release);
  }
  static void Replace(Slot* slot, Location location) {
    const uint64_t tag = slot->load(std::memory_order_relaxed) & ~uint64_t{UINT32_MAX};
    slot->store(tag | location, std::memory_order_release);
  }
  void Erase(Slot* slot);

  // Whether it has all the pages that it may have.
  bool full_grown() const { return pages() >= pool_->table_pages(); }
  size_t pages() const { return buckets_.load(std::memory_order_relaxed) / kBucketsPerPage; }

  static Location LocationOf(const Slot* slot) {
    return static_cast<Location>(slot->load(std::memory_order_relaxed));
  }

 private:
  struct alignas(64) Bucket {
    std::array<Slot, kSlotsPerBucket> slots;
  };
  static constexpr size_t kBucketsPerPage = Geometry::kPageBytes / sizeof(Bucket);
  // Buckets in which an item may lie, its home first.
  static constexpr size_t kWindow = 48;
  // Of these, the ones in which a new item may be put, and the buckets at the table's end in which
  // none is. When a table grows, homes that were side by side may become one: two buckets' items
  // more have to go into a window, and one's more into the table's end.
  static constexpr size_t kPlaces = 40;
  static constexpr size_t kKeptFree = 1;
  // At the end, for what does not fit into the last bucket that is a home.
  static constexpr size_t kSpareBuckets = 8;
  static constexpr size_t kMaxLoadPercent = 92;

  Bucket* BucketAt(size_t i) const {
    const uint32_t page = PageAt(i / kBucketsPerPage).load(std::memory_order_relaxed);
    return reinterpret_cast<Bucket*>(base_ + uint64_t{page} * Geometry::kPageBytes) +
           i % kBucketsPerPage;
  }
  std::atomic<uint32_t>& PageAt(size_t i) const {
    if (i < kFirstPages) [[likely]]
      return page_[i];
    return more_pages_[i - kFirstPages];
  }
  static size_t HomeOf(uint32_t tag, size_t buckets) {
    return static_cast<size_t>(uint64_t{tag} * (buckets - kSpareBuckets) >> 32);
  }
  static uint32_t TagOf(uint64_t slot) { return static_cast<uint32_t>(slot >> 32); }
  // Behind the last bucket in which an item of this home may be found, or be put.
  static size_t WindowEnd(size_t home, size_t buckets) { return std::min(home + kWindow, buckets); }
  static size_t PlacesEnd(size_t home, size_t buckets) {
    return std::min(home + kPlaces, buckets - kKeptFree);
  }
  // An empty place for `tag`, or null.
  Slot* PlaceFor(uint32_t tag) const;
  // kRoom: the table has a page more.
  Vacancy Grow();
  // What all slots hold when there are so many buckets. False when an item does not fit.
  bool Arrange(size_t buckets, std::vector<uint64_t>* slots) const;
  // With the pages that there are and this one, the table holds `slots`.
  void Become(uint32_t page, const std::vector<uint64_t>& slots);

  // Every look-up loads from here on; what is written, is written seldom.
  // Odd while the table is put in order; another number whenever a slot has moved.
  std::atomic<uint32_t> version_{0};
  std::atomic<uint32_t> buckets_{0};
  char* const base_;  // of the pool's pages
  mutable std::array<std::atomic<uint32_t>, kFirstPages> page_{};
  // The others; made once, before buckets_ says that there is one.
  std::unique_ptr<std::atomic<uint32_t>[]> more_pages_;
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
    const size_t end = WindowEnd(home, buckets);
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
IndexTable::Slot* IndexTable::Find(uint32_t tag, Match match) const {
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  if (buckets == 0) return nullptr;
  const size_t home = HomeOf(tag, buckets);
  const size_t end = WindowEnd(home, buckets);
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
void IndexTable::VisitPlaces(uint32_t tag, Visit visit) const {
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  if (buckets == 0) return;
  const size_t home = HomeOf(tag, buckets);
  const size_t end = PlacesEnd(home, buckets);
  // By home buckets, from the first one whose items reach `home`.
  std::array<size_t, kWindow + kPlaces> crowds{};
  const auto each = [&](auto see) {
    for (size_t b = home; b < end; ++b) {
      for (Slot& slot : BucketAt(b)->slots) {
        const uint64_t content = slot.load(std::memory_order_relaxed);
        if (content == 0) continue;
        see(&slot, &crowds[HomeOf(TagOf(content), buckets) + kWindow - home]);
      }
    }
  };
  each([](Slot* /*slot*/, size_t* crowd) { ++*crowd; });
  each([&visit](Slot* slot, const size_t* crowd) { visit(slot, *crowd); });
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
  const size_t end = WindowEnd(next_home - 1, buckets);
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
