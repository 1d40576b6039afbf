// What is known of a segment of the log.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "server/storage/geometry.h"
#include "server/storage/item_view.h"

namespace overtake {

// The log's two halves, as S3-FIFO divides a cache.
enum class Part : uint8_t { kSmall, kMain };

// Kept apart from the segment's bytes.
struct alignas(64) Segment {
  enum class State : uint8_t {
    kFree,    // -> kOpen, kIndex, kIdle; by the thread that took it off the free list
    kIdle,    // out of use, its memory given back -> kFree; by Log::Raise
    kOpen,    // a head appends to it -> kSealed; under the head's lock
    kSealed,  // -> kLimbo; by the reclaimer
    kLimbo,   // no entry is live; readers may still be inside -> kFree; by the reclaimer
    kIndex,   // cut into pages of the index, for good
  };

  std::atomic<State> state{State::kFree};
  Part part = Part::kSmall;  // from kOpen on
  // Appended and not published yet: the reclaimer leaves it alone meanwhile.
  std::atomic<uint32_t> writers{0};
  // Bytes of entries that are live (or not published yet), as rounded to the unit.
  std::atomic<uint32_t> live{0};
  // Pieces that replies refer to. When they rise from 0: log.h, 6.
  std::atomic<uint32_t> pins{0};
  // Where the log counts the segments that have pins.
  std::atomic<size_t>* pinned_segments = nullptr;
  uint32_t used = 0;      // bytes; the head's lock, constant from kSealed on
  uint32_t flushes = 0;   // of the log, before it was opened; then the reclaimer's
  uint64_t sequence = 0;  // age: lower is older. Constant from kOpen on
  uint64_t ticket = 0;    // of Epochs, in kLimbo; the reclaimer

  // Of entries that have an expiry time: when the first and the last expire, and their bytes. Live
  // ones are among them, and others may be. A hint: of two that write at once one may be lost.
  std::atomic<Seconds> first_expiry{0};
  std::atomic<Seconds> last_expiry{0};
  std::atomic<uint32_t> expiring{0};

  void NoteExpiry(Seconds expires, uint32_t bytes) {
    if (expires == 0) return;
    const uint32_t before = expiring.load(std::memory_order_relaxed);
    expiring.store(before + bytes, std::memory_order_relaxed);
    const Seconds first = first_expiry.load(std::memory_order_relaxed);
    if (first == 0 || expires < first) first_expiry.store(expires, std::memory_order_relaxed);
    if (expires > last_expiry.load(std::memory_order_relaxed)) {
      last_expiry.store(expires, std::memory_order_relaxed);
    }
  }
  void ForgetExpiry() {
    expiring.store(0, std::memory_order_relaxed);
    first_expiry.store(0, std::memory_order_relaxed);
    last_expiry.store(0, std::memory_order_relaxed);
  }
  // About how many bytes have expired, if expiry times are spread evenly.
  uint64_t ExpiredBytes(Seconds now) const {
    const uint64_t bytes = expiring.load(std::memory_order_relaxed);
    const Seconds first = first_expiry.load(std::memory_order_relaxed);
    const Seconds last = last_expiry.load(std::memory_order_relaxed);
    if (bytes == 0 || now < first) return 0;
    if (now >= last) return bytes;
    return bytes * (now - first + 1) / (last - first + 1);
  }
};

}  // namespace overtake
