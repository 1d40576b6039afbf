#include "server/storage/index_table.h"

#include <algorithm>
#include <vector>

namespace overtake {

IndexTable::Slot* IndexTable::PlaceFor(uint32_t tag) const {
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  if (buckets == 0) return nullptr;
  const size_t home = HomeOf(tag, buckets);
  const size_t end = PlacesEnd(home, buckets);
  for (size_t b = home; b < end; ++b) {
    for (Slot& slot : BucketAt(b)->slots) {
      if (slot.load(std::memory_order_relaxed) == 0) return &slot;
    }
  }
  return nullptr;
}

IndexTable::Vacancy IndexTable::EnsureRoom(uint32_t tag, size_t items) {
  const size_t slots = buckets_.load(std::memory_order_relaxed) * kSlotsPerBucket;
  if (items * 100 < slots * kMaxLoadPercent) {
    if (PlaceFor(tag) != nullptr) return Vacancy::kRoom;
    if (items * 100 < slots * kMinLoadPercent) return Vacancy::kDoesNotFit;
  }
  const Vacancy grown = Grow();
  // Without a page, what there is may still do.
  if (PlaceFor(tag) != nullptr) return Vacancy::kRoom;
  return grown == Vacancy::kRoom ? Vacancy::kDoesNotFit : grown;
}

IndexTable::Slot* IndexTable::Insert(uint32_t tag, Location location) {
  Slot* const place = PlaceFor(tag);
  place->store(uint64_t{tag} << 32 | location, std::memory_order_release);
  return place;
}

void IndexTable::Erase(Slot* slot) {
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  size_t hole = HomeOf(TagOf(slot->load(std::memory_order_relaxed)), buckets);
  while (slot < BucketAt(hole)->slots.data() ||
         slot >= BucketAt(hole)->slots.data() + kSlotsPerBucket) {
    ++hole;
  }
  // A look-up ends at a bucket with an empty slot: what went past this one because it was full has
  // to come back to it.
  bool was_full = true;
  for (const Slot& other : BucketAt(hole)->slots) {
    was_full &= other.load(std::memory_order_relaxed) != 0;
  }
  size_t b = hole + 1;
  while (was_full && b < WindowEnd(hole, buckets)) {
    Slot* displaced = nullptr;
    bool full = true;
    for (Slot& other : BucketAt(b)->slots) {
      const uint64_t content = other.load(std::memory_order_relaxed);
      full &= content != 0;
      if (content != 0 && HomeOf(TagOf(content), buckets) <= hole) displaced = &other;
    }
    if (displaced != nullptr) {
      // First the copy, then the version, then the original goes: a reader that misses both sees
      // the version.
      slot->store(displaced->load(std::memory_order_relaxed), std::memory_order_release);
      version_.store(version_.load(std::memory_order_relaxed) + 2, std::memory_order_release);
      slot = displaced;
      hole = b;
      was_full = full;
    } else if (!full) {
      break;
    }
    ++b;
  }
  slot->store(0, std::memory_order_release);
}

IndexTable::Vacancy IndexTable::Grow() {
  if (full_grown()) return Vacancy::kDoesNotFit;
  uint32_t page = 0;
  if (!pool_->Take(&page)) return Vacancy::kNoPage;
  std::vector<uint64_t> slots;
  if (!Arrange((pages() + 1) * kBucketsPerPage, &slots)) {
    pool_->Give(page);
    return Vacancy::kDoesNotFit;
  }
  Become(page, slots);
  return Vacancy::kRoom;
}

// Items in the order of their homes, each as far in front as that allows: if any order keeps them
// all in their windows, this one does.
bool IndexTable::Arrange(size_t buckets, std::vector<uint64_t>* slots) const {
  const size_t buckets_before = buckets_.load(std::memory_order_relaxed);
  const auto each = [&](auto see) {
    for (size_t b = 0; b < buckets_before; ++b) {
      for (const Slot& slot : BucketAt(b)->slots) {
        const uint64_t content = slot.load(std::memory_order_relaxed);
        if (content != 0) see(content, HomeOf(TagOf(content), buckets));
      }
    }
  };
  // By home: how many items, then the slot where the next of them goes.
  std::vector<uint32_t> next(buckets - kSpareBuckets);
  each([&](uint64_t /*content*/, size_t home) { ++next[home]; });
  size_t end = 0;
  for (size_t home = 0; home < next.size(); ++home) {
    const size_t begin = std::max(end, home * kSlotsPerBucket);
    end = begin + next[home];
    if (end > WindowEnd(home, buckets) * kSlotsPerBucket) return false;
    next[home] = static_cast<uint32_t>(begin);
  }
  slots->assign(buckets * kSlotsPerBucket, 0);
  each([&](uint64_t content, size_t home) { (*slots)[next[home]++] = content; });
  return true;
}

void IndexTable::Become(uint32_t page, const std::vector<uint64_t>& slots) {
  version_.exchange(version_.load(std::memory_order_relaxed) + 1, std::memory_order_acq_rel);
  if (pages() == kFirstPages && more_pages_ == nullptr) {
    more_pages_ = std::make_unique<std::atomic<uint32_t>[]>(kMaxPages - kFirstPages);
  }
  PageAt(pages()).store(page, std::memory_order_relaxed);
  for (size_t i = 0; i < slots.size(); ++i) {
    BucketAt(i / kSlotsPerBucket)
        ->slots[i % kSlotsPerBucket]
        .store(slots[i], std::memory_order_release);
  }
  // Last, so that no reader gets to the new page before it is written: what lies in a page that the
  // pool gives may be anything.
  buckets_.store(static_cast<uint32_t>(slots.size() / kSlotsPerBucket), std::memory_order_release);
  version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace overtake
