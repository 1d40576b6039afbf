#include "server/storage/index_table.h"

#include <vector>

namespace overtake {

IndexTable::Slot* IndexTable::PlaceFor(uint32_t tag) const {
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  if (buckets == 0) return nullptr;
  const size_t home = HomeOf(tag, buckets);
  const size_t end = std::min(home + kMaxDistance, buckets);
  for (size_t b = home; b < end; ++b) {
    for (Slot& slot : BucketAt(b)->slots) {
      if (slot.load(std::memory_order_relaxed) == 0) return &slot;
    }
  }
  return nullptr;
}

bool IndexTable::EnsureRoom(uint32_t tag, size_t items) {
  const size_t slots = buckets_.load(std::memory_order_relaxed) * kSlotsPerBucket;
  if (items * 100 >= slots * kMaxLoadPercent) {
    // Without a page, what there is may still do.
    if (!Grow() && PlaceFor(tag) == nullptr) return false;
  }
  while (PlaceFor(tag) == nullptr) {
    if (!Grow()) return false;
  }
  return true;
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
  while (was_full && b < std::min(hole + kMaxDistance, buckets)) {
    Slot* displaced = nullptr;
    bool full = true;
    for (Slot& other : BucketAt(b)->slots) {
      const uint64_t content = other.load(std::memory_order_relaxed);
      full &= content != 0;
      if (content != 0 && HomeOf(TagOf(content), buckets) <= hole) displaced = &other;
    }
    if (displaced != nullptr) {
      // First the copy, then the version, then the original goes: who misses it sees the version.
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

bool IndexTable::Grow() {
  const size_t pages_before = pages();
  if (pages_before == kMaxPages) return false;
  uint32_t page;
  if (!pool_->Take(&page)) return false;
  std::vector<uint64_t> slots;
  slots.reserve(pages_before * kBucketsPerPage * kSlotsPerBucket);
  version_.exchange(version_.load(std::memory_order_relaxed) + 1, std::memory_order_acq_rel);
  for (size_t b = 0; b < buckets_.load(std::memory_order_relaxed); ++b) {
    for (Slot& slot : BucketAt(b)->slots) {
      const uint64_t content = slot.load(std::memory_order_relaxed);
      if (content != 0) slots.push_back(content);
    }
  }
  // The slots come in the order of the buckets that they were in, so each fits into a bucket not
  // behind that one even in the old table; in a larger one it is as good as certain.
  AddPage(page);
  bool fits = Arrange(slots);
  if (!fits) {
    while (pages() > pages_before) pool_->Give(RemovePage());
    Arrange(slots);
  }
  version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  return fits;
}

void IndexTable::AddPage(uint32_t page) {
  // Cleared before any reader can get there: what lies in it may be anything.
  auto* const buckets = reinterpret_cast<Bucket*>(pool_->At(page));
  for (size_t b = 0; b < kBucketsPerPage; ++b) Clear(&buckets[b]);
  const size_t count = pages();
  page_[count].store(page, std::memory_order_relaxed);
  buckets_.store(static_cast<uint32_t>((count + 1) * kBucketsPerPage), std::memory_order_release);
}

uint32_t IndexTable::RemovePage() {
  const size_t count = pages() - 1;
  buckets_.store(static_cast<uint32_t>(count * kBucketsPerPage), std::memory_order_release);
  return page_[count].load(std::memory_order_relaxed);
}

bool IndexTable::Arrange(const std::vector<uint64_t>& slots) {
  const size_t buckets = buckets_.load(std::memory_order_relaxed);
  for (size_t b = 0; b < buckets; ++b) Clear(BucketAt(b));
  for (const uint64_t content : slots) {
    Slot* const place = PlaceFor(TagOf(content));
    if (place == nullptr) return false;
    place->store(content, std::memory_order_release);
  }
  return true;
}

void IndexTable::Clear(Bucket* bucket) {
  for (Slot& slot : bucket->slots) slot.store(0, std::memory_order_release);
}

}  // namespace overtake
