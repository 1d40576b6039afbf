// Who was here before.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace overtake {

// The keys that eviction dropped most recently from the small part, as fingerprints: the ghost
// queue of S3-FIFO (Yang et al., SOSP '23, section 4). A fixed table of sets of four 16-bit
// fingerprints, each set first-in first-out; a fingerprint is taken for another key's in 1 of
// 16,000 look-ups. Any thread may call; an insertion may get lost when two hit one set at once.
class Ghost {
 public:
  // `bytes`: a power of two, 8 at least.
  explicit Ghost(size_t bytes)
      : sets_(static_cast<std::atomic<uint64_t>*>(std::calloc(1, bytes))),
        mask_(bytes / sizeof(uint64_t) - 1) {
    if (sets_ == nullptr) throw std::bad_alloc();
  }

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
    return sets_[(hash * 0x9E3779B97F4A7C15ULL >> 20) & mask_];
  }

  struct Freer {
    void operator()(void* memory) const { std::free(memory); }
  };

  // The system's zeros: a page of them is nobody's memory until a key is put there.
  const std::unique_ptr<std::atomic<uint64_t>[], Freer> sets_;
  const size_t mask_;
};

}  // namespace overtake
