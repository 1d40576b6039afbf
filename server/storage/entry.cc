#include "server/storage/entry.h"

#include <bit>

namespace overtake {

static_assert(std::endian::native == std::endian::little, "entries are written as they lie");

size_t Entry::CasWidth(uint64_t order) {
  const int bits = std::bit_width(order);
  if (bits <= 24) return 0;
  if (bits <= 32) return 1;
  return bits <= 48 ? 2 : 3;
}

size_t Entry::SizeOf(const EntryShape& shape) {
  return 8 + (shape.expires != 0 ? 4 : 0) + (shape.chunks > 0 ? 4 + 4 * shape.chunks : 0) +
         kOrderBytes[CasWidth(shape.order)] + (shape.flags != 0 ? 4 : 0) +
         (shape.explicit_cas ? 8 : 0) + shape.key_bytes +
         (shape.chunks > 0 ? 0 : shape.value_bytes);
}

char* Entry::WriteHeader(const EntryShape& shape, ItemState state, uint64_t explicit_cas,
                         char* at) {
  const Entry entry(at);
  entry.set_state(state);
  const size_t width = CasWidth(shape.order);
  uint8_t control = static_cast<uint8_t>(width);
  if (shape.flags != 0) control |= kFlags;
  if (shape.expires != 0) control |= kExpires;
  if (shape.explicit_cas) control |= kExplicitCas;
  if (shape.chunks > 0) control |= kLarge;
  at[4] = static_cast<char>(control);
  at[5] = static_cast<char>(shape.key_bytes);
  const uint64_t counted = shape.chunks > 0 ? shape.chunks : shape.value_bytes;
  std::memcpy(at + 6, &counted, 2);
  if (shape.expires != 0) entry.set_expires(shape.expires);
  if (shape.chunks > 0) {
    entry.Word(entry.ListOffset())
        .store(static_cast<uint32_t>(shape.value_bytes), std::memory_order_relaxed);
  }
  char* to = at + entry.CasOffset();
  std::memcpy(to, &shape.order, entry.CasBytes());
  to += entry.CasBytes();
  if (shape.flags != 0) {
    std::memcpy(to, &shape.flags, 4);
    to += 4;
  }
  if (shape.explicit_cas) {
    std::memcpy(to, &explicit_cas, 8);
    to += 8;
  }
  return to;
}

char* Entry::WriteChunkHeader(uint64_t hash, size_t number, size_t bytes, char* at) {
  const Entry entry(at);
  entry.set_state(ItemState());
  at[4] = kChunk;
  at[5] = 0;
  const uint64_t short_number = number;
  std::memcpy(at + 6, &short_number, 2);
  entry.Word(8).store(static_cast<uint32_t>(bytes), std::memory_order_relaxed);
  std::memcpy(at + 12, &hash, 8);
  return at + kChunkHeaderBytes;
}

size_t Entry::size() const {
  if (is_chunk()) return kChunkHeaderBytes + Word(8).load(std::memory_order_relaxed);
  return KeyOffset() + key_bytes() + (is_large() ? 0 : Short());
}

}  // namespace overtake
