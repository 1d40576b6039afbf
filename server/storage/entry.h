// What lies in the log: entries, byte by byte.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/storage/geometry.h"
#include "server/storage/item_view.h"

namespace overtake {

// An item's mutable part, one word, so that a hit costs at most one store.
//
//   bits 0-23   when it was last got or stored, in seconds modulo 2^24 (194 days)
//   bits 24-25  frequency: gets since it was stored or last passed over by eviction, 3 at most
//   bit  26     it was got since it was stored
//   bit  27     stale
//   bit  28     a client was told to fetch a new value
class ItemState {
 public:
  static constexpr uint32_t kMaxFrequency = 3;

  ItemState() = default;
  explicit ItemState(uint32_t word) : word_(word) {}

  uint32_t word() const { return word_; }
  uint32_t frequency() const { return word_ >> 24 & 3; }
  bool fetched() const { return word_ >> 26 & 1; }
  bool stale() const { return word_ >> 27 & 1; }
  bool win_given() const { return word_ >> 28 & 1; }
  // Right if it is less than 193 days ago, and not more than a day ahead of the caller's clock.
  Seconds last_access(Seconds now) const {
    constexpr Seconds kDay = 24 * 60 * 60;
    return now + kDay - ((now + kDay - word_) & kTimeMask);
  }

  ItemState WithAccess(Seconds now) const {
    return ItemState((word_ & ~kTimeMask) | (now & kTimeMask));
  }
  ItemState WithFrequency(uint32_t frequency) const {
    return ItemState((word_ & ~(3U << 24)) | frequency << 24);
  }
  ItemState WithMarks(bool fetched, bool stale, bool win_given) const {
    return ItemState((word_ & ~(7U << 26)) | uint32_t{fetched} << 26 | uint32_t{stale} << 27 |
                     uint32_t{win_given} << 28);
  }
  // As a get leaves it.
  ItemState Used(Seconds now) const {
    const uint32_t more = frequency() < kMaxFrequency ? 1U << 24 : 0;
    return ItemState(((word_ & ~kTimeMask) | (now & kTimeMask) | 1U << 26) + more);
  }

 private:
  static constexpr uint32_t kTimeMask = (1U << 24) - 1;

  uint32_t word_ = 0;
};

// What an entry for an item must have room for.
struct EntryShape {
  size_t key_bytes = 0;
  size_t value_bytes = 0;
  uint64_t order = 0;
  uint32_t flags = 0;
  Seconds expires = 0;
  bool explicit_cas = false;
  size_t chunks = 0;  // more than 0: the value lies in so many chunks
};

// An entry, where it lies in the log. Little-endian, aligned to 4 bytes at least.
//
//   item:   0 state | 4 control | 5 key length | 6 value length, or number of chunks (2) | 8
//           [expiry time (4)] [value length (4), chunk locations (4 each)] order (3, 4, 6 or 8)
//           [flags (4)] [CAS unique (8)] key [value]
//   chunk:  0 unused (4) | 4 control | 5 unused | 6 number (2) | 8 length (4) |
//           12 hash of the item's key (8) | 20 bytes of the value
//
// What stands in brackets is there when the control byte says so. `order` counts what was stored
// in the item's partition; the CAS unique follows from it, unless the item was given one.
//
// State, expiry time and chunk locations are written while the entry can be found, as atomics:
// state by any reader, the others under the lock of the item's partition. The rest never changes.
class Entry {
 public:
  static constexpr size_t kChunkHeaderBytes = 20;

  Entry() = default;
  explicit Entry(char* at) : at_(at) {}

  // Bytes without what rounding to the unit adds.
  static size_t SizeOf(const EntryShape& shape);
  // Writes all but key and value; returns where the key goes, and then the value or nothing.
  static char* WriteHeader(const EntryShape& shape, ItemState state, uint64_t explicit_cas,
                           char* at);
  // Returns where the bytes go.
  static char* WriteChunkHeader(uint64_t hash, size_t number, size_t bytes, char* at);

  char* at() const { return at_; }
  // Without what rounding adds.
  size_t size() const;
  bool is_chunk() const { return control() & kChunk; }
  bool is_large() const { return control() & kLarge; }

  ItemState state() const { return ItemState(Word(0).load(std::memory_order_relaxed)); }
  void set_state(ItemState state) const { Word(0).store(state.word(), std::memory_order_relaxed); }
  // The state becomes `to`, unless it is not `from` any longer. For readers, which hold no lock: an
  // access that is not noted is no loss, a writer's mark that it would undo is.
  void ReplaceState(ItemState from, ItemState to) const {
    uint32_t expected = from.word();
    Word(0).compare_exchange_strong(expected, to.word(), std::memory_order_relaxed);
  }

  Seconds expires() const {
    return control() & kExpires ? Word(8).load(std::memory_order_relaxed) : 0;
  }
  // False when the entry has no room for it, and it is not 0.
  bool set_expires(Seconds expires) const {
    if (!(control() & kExpires)) return expires == 0;
    Word(8).store(expires, std::memory_order_relaxed);
    return true;
  }

  uint64_t order() const {
    // Sizes that the compiler knows: copying a number of bytes that it does not is a call.
    const char* const from = at_ + CasOffset();
    switch (control() & kOrderWidth) {
      case 0:
        return ReadCounted(from, 2) | ReadCounted(from + 2, 1) << 16;
      case 1:
        return ReadCounted(from, 4);
      case 2:
        return ReadCounted(from, 4) | ReadCounted(from + 4, 2) << 32;
      default:
        return ReadCounted(from, 8);
    }
  }
  // 0 if there is none.
  uint64_t explicit_cas() const {
    return has_explicit_cas() ? ReadCounted(at_ + KeyOffset() - 8, 8) : 0;
  }
  uint32_t flags() const {
    if (!(control() & kFlags)) return 0;
    return static_cast<uint32_t>(ReadCounted(at_ + CasOffset() + CasBytes(), 4));
  }
  bool has_explicit_cas() const { return control() & kExplicitCas; }
  std::string_view key() const { return {at_ + KeyOffset(), key_bytes()}; }
  size_t value_bytes() const {
    return is_large() ? Word(ListOffset()).load(std::memory_order_relaxed) : Short();
  }
  // Not of large items.
  std::string_view value() const { return {at_ + KeyOffset() + key_bytes(), Short()}; }

  // Of large items.
  size_t chunks() const { return Short(); }
  Location chunk(size_t i) const {
    return Word(ListOffset() + 4 + 4 * i).load(std::memory_order_acquire);
  }
  void set_chunk(size_t i, Location location) const {
    Word(ListOffset() + 4 + 4 * i).store(location, std::memory_order_release);
  }

  // Of chunks.
  size_t chunk_number() const { return Short(); }
  uint64_t chunk_hash() const { return ReadCounted(at_ + 12, 8); }
  std::string_view chunk_bytes() const {
    return {at_ + kChunkHeaderBytes, Word(8).load(std::memory_order_relaxed)};
  }

  // Copies the entry to `to`. Under the partition's lock: only readers may be touching the state.
  void CopyTo(char* to) const {
    std::memcpy(to + 4, at_ + 4, size() - 4);
    Entry(to).set_state(state());
  }

 private:
  // Bits of the control byte; the two lowest say how many bytes `order` has.
  static constexpr uint8_t kOrderWidth = 3;
  static constexpr uint8_t kFlags = 4;
  static constexpr uint8_t kExpires = 8;
  static constexpr uint8_t kExplicitCas = 16;
  static constexpr uint8_t kLarge = 32;
  static constexpr uint8_t kChunk = 64;

  static constexpr size_t kOrderBytes[] = {3, 4, 6, 8};
  // By the control byte's low bits: where the key begins when there is no list of chunks.
  static constexpr std::array<uint8_t, 32> kKeyOffsets = [] {
    std::array<uint8_t, 32> offsets{};
    for (size_t bits = 0; bits < offsets.size(); ++bits) {
      offsets[bits] =
          static_cast<uint8_t>(8 + kOrderBytes[bits & kOrderWidth] + (bits & kExpires ? 4 : 0) +
                               (bits & kFlags ? 4 : 0) + (bits & kExplicitCas ? 8 : 0));
    }
    return offsets;
  }();

  static size_t CasWidth(uint64_t order);
  static uint64_t ReadCounted(const char* from, size_t bytes) {
    uint64_t number = 0;
    std::memcpy(&number, from, bytes);
    return number;
  }

  uint8_t control() const { return static_cast<uint8_t>(at_[4]); }
  size_t key_bytes() const { return static_cast<uint8_t>(at_[5]); }
  size_t Short() const { return ReadCounted(at_ + 6, 2); }
  size_t CasBytes() const { return kOrderBytes[control() & kOrderWidth]; }
  size_t ListOffset() const { return control() & kExpires ? 12 : 8; }
  size_t ListBytes() const { return is_large() ? 4 + 4 * Short() : 0; }
  size_t CasOffset() const { return ListOffset() + ListBytes(); }
  size_t KeyOffset() const {
    return kKeyOffsets[control() & (kKeyOffsets.size() - 1)] + ListBytes();
  }
  std::atomic_ref<uint32_t> Word(size_t offset) const {
    return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(at_ + offset));
  }

  char* at_ = nullptr;
};

}  // namespace overtake
