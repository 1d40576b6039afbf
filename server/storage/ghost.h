// The keys that were evicted lately.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "server/storage/address_range.h"

namespace overtake {

// The keys that eviction dropped most recently from the small part, as fingerprints: the ghost
// queue of S3-FIFO (Yang et al., SOSP '23, section 4). A fixed table of sets of four 16-bit
// fingerprints, each set first-in first-out; a fingerprint is taken for another key's in 1 of
// 16,000 look-ups. Any thread may call; an insertion may get lost when two hit one set at once.
class Ghost {
 public:
  // Sizes are powers of two, 8 at least. `max_bytes`, at least `bytes`, is what Resize may be asked
  // for. Throws std::bad_alloc.
  explicit Ghost(size_t bytes, size_t max_bytes = 0) {
    // Less where the system limits addresses.
    for (const size_t most : {std::max(bytes, max_bytes), bytes}) {
      memory_ = std::make_unique<AddressRange>(most);
      sets_ = reinterpret_cast<std::atomic<uint64_t>*>(memory_->begin());
      if (Resize(bytes)) return;
    }
    throw std::bad_alloc();
  }

  // Some of what it knew is forgotten. False when there is no memory for it. One thread at a time.
  bool Resize(size_t bytes) {
    if (!memory_->Use(bytes)) return false;
    mask_.store(bytes / sizeof(uint64_t) - 1, std::memory_order_relaxed);
    if (memory_->usable() > bytes) memory_->GiveBack(bytes, memory_->usable() - bytes);
    return true;
  }
  size_t bytes() const { return (mask_.load(std::memory_order_relaxed) + 1) * sizeof(uint64_t); }

  void Insert(uint64_t hash) {
    std::atomic<uint64_t>& set = SetOf(hash);
    const uint64_t before = set.load(std::memory_order_relaxed);
    set.store(before << 16 | FingerprintOf(hash), std::memory_order_relaxed);
  }

  // Whether the key is there; it is not any longer.
  bool Take(uint64_t hash) {
    std::atomic<uint64_t>& set = SetOf(hash);
    const uint64_t before = set.load(std::memory_order_relaxed);
    for (int shift = 0; shift < 64; shift += 16) {
      if ((before >> shift & 0xFFFF) != FingerprintOf(hash)) continue;
      set.store(before & ~(uint64_t{0xFFFF} << shift), std::memory_order_relaxed);
      return true;
    }
    return false;
  }

 private:
  // 1 to 65535: 0 is an empty place. Bits that neither the partition nor the set is chosen by.
  static uint64_t FingerprintOf(uint64_t hash) {
    const uint64_t bits = hash & 0xFFFF;
    return bits == 0 ? 1 : bits;
  }
  std::atomic<uint64_t>& SetOf(uint64_t hash) {
    return sets_[(hash * 0x9E3779B97F4A7C15ULL >> 20) & mask_.load(std::memory_order_relaxed)];
  }

  // The system's zeros: a page of them takes no memory until a key is put there.
  std::unique_ptr<AddressRange> memory_;
  std::atomic<uint64_t>* sets_;
  std::atomic<size_t> mask_{0};
};

}  // namespace overtake
