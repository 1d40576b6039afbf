// Writes items into the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "server/storage/entry.h"
#include "server/storage/log.h"

namespace overtake {

// An item as it is to be stored.
struct ItemSource {
  std::string_view key;
  uint64_t hash = 0;
  absl::Span<const std::string_view> value;
  EntryShape shape;  // of the whole; the writer sees whether chunks are needed
  uint64_t explicit_cas = 0;
  ItemState state = {};
};

// Writes one item, for one update.
class ItemWriter {
 public:
  // A chunk smaller than this is not worth the end of a segment that it would fill.
  static constexpr size_t kMinChunkBytes = 512;

  // Appends at `head`, and takes segments from `reservation` first.
  ItemWriter(Log* log, Head head, Reservation* reservation)
      : log_(log), head_(head), reservation_(reservation) {}
  ItemWriter(const ItemWriter&) = delete;
  ItemWriter& operator=(const ItemWriter&) = delete;

  // Segments that Write needs for an item of so many bytes, if no other writer appends meanwhile.
  static size_t SegmentsFor(size_t bytes, const Geometry& geometry) {
    return bytes / (geometry.segment - 2 * kMinChunkBytes) + 1;
  }

  // Either appends the item, or an entry for the item of `old` that differs in its expiry time and
  // has its chunks. False, with nothing left behind but dead bytes, when there is no room.
  bool Write(const ItemSource& source);
  bool WriteWithExpiry(const Entry& old, Seconds expires, ItemState state);

  // After either: where the entry lies, and what was appended, chunks included.
  Location location() const { return rooms_.back().location; }
  size_t bytes() const { return bytes_; }
  // The index leads to the entry now. Must follow.
  void Publish() const {
    for (const Log::Room& room : rooms_) Log::Publish(room);
  }

 private:
  // Bytes, header included.
  size_t MaxChunkFor(size_t value_bytes) const;
  bool WriteChunks(const ItemSource& source, std::vector<Location>* chunks);
  // As the log's, to rooms_. Where that finds no room, what was appended before is dead.
  bool Append(size_t least, size_t most, Seconds expires);

  Log* const log_;
  const Head head_;
  Reservation* const reservation_;
  size_t bytes_ = 0;
  absl::InlinedVector<Log::Room, 2> rooms_;  // the entry's last
};

}  // namespace overtake
