// The log store's parts, and the steps that both writers and the reclaimer take with an item.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "server/storage/entry.h"
#include "server/storage/geometry.h"
#include "server/storage/ghost.h"
#include "server/storage/log.h"
#include "server/storage/page_pool.h"
#include "server/storage/partition.h"

// Inline: a short key is hashed in less time than a call of a library takes.
#define XXH_INLINE_ALL
#include "xxhash.h"

namespace overtake {

class Items {
 public:
  Items(uint64_t memory_bytes, bool huge_pages, uint64_t hash_seed);

  uint64_t Hash(std::string_view key) const {
    return XXH3_64bits_withSeed(key.data(), key.size(), hash_seed_);
  }
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash); }
  Partition* PartitionOf(uint64_t hash) {
    return partitions_[(hash >> 32) & (partitions_.size() - 1)].get();
  }
  Entry EntryAt(Location location) const { return Entry(log_.At(location)); }
  Entry EntryOf(const IndexTable::Slot* slot) const {
    return EntryAt(IndexTable::LocationOf(slot));
  }
  // Bytes of the log that the item takes, with its chunks.
  size_t FootprintOf(const Entry& entry) const;
  Part PartOf(const Entry& entry) { return log_.SegmentOf(log_.LocationOf(entry.at()))->part; }

  // What Write makes. Keep it until the item can be found (or has been given up), then Publish.
  struct Written {
    Location location = 0;
    size_t bytes = 0;
    absl::InlinedVector<Log::Room, 2> rooms;
  };
  struct Source {
    std::string_view key;
    uint64_t hash = 0;
    absl::Span<const std::string_view> value;
    EntryShape shape;  // of the whole; Write sees whether chunks are needed
    uint64_t explicit_cas = 0;
    ItemState state = {};
  };
  // Appends the item. False, with nothing left behind but dead bytes, when there is no room.
  bool Write(const Source& source, Head head, Reservation* reservation, Written* written);
  // Appends an entry for the item of `old` that differs in its expiry time, and has its chunks.
  bool WriteWithExpiry(const Entry& old, Seconds expires, ItemState state, Head head,
                       Reservation* reservation, Written* written);
  static void Publish(const Written& written) {
    for (const Log::Room& room : written.rooms) Log::Publish(room);
  }
  // Segments that Write needs for an item of so many bytes, if nobody else appends meanwhile.
  size_t SegmentsFor(size_t bytes) const {
    return bytes / (log_.geometry().segment - 2 * kMinChunkBytes) + 1;
  }

  // Takes the item out of the index; its bytes are dead.
  void Unlink(Partition* partition, IndexTable::Slot* slot)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(partition->mutex);
  // The same, and gives its slot to the item at `location`, which has `tag`: IndexTable::TakeOver.
  void TakeOver(Partition* partition, IndexTable::Slot* slot, uint32_t tag, Location location)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(partition->mutex);
  // The item's bytes, chunks included, or its entry's alone, are dead.
  void MarkDead(const Entry& entry);
  void MarkEntryDead(const Entry& entry) {
    log_.MarkDead(log_.LocationOf(entry.at()), entry.size());
  }

  // The reclaimer: moves the entry, or the chunk of an entry, to `head`. False when there is no
  // room. The caller holds the partition's lock.
  bool MoveEntry(IndexTable::Slot* slot, Head head, ItemState state);
  bool MoveChunk(const Entry& owner, size_t number, Head head);

  Log& log() { return log_; }
  const Log& log() const { return log_; }
  PagePool& pages() { return pages_; }
  const PagePool& pages() const { return pages_; }
  Ghost& ghost() { return ghost_; }
  absl::Span<const std::unique_ptr<Partition>> partitions() const { return partitions_; }

 private:
  // A chunk smaller than this is not worth the end of a segment that it would fill.
  static constexpr size_t kMinChunkBytes = 512;

  // Bytes, header included.
  size_t MaxChunkFor(size_t value_bytes) const;
  bool WriteChunks(const Source& source, Head head, Reservation* reservation,
                   std::vector<Location>* chunks, Written* written);
  bool AppendRoom(Head head, size_t bytes, Reservation* reservation, Written* written);
  void GiveUp(Written* written);

  Log log_;
  PagePool pages_;
  Ghost ghost_;
  // Every reader's, apart from what writers write.
  alignas(64) std::vector<std::unique_ptr<Partition>> partitions_;
  const uint64_t hash_seed_;
};

}  // namespace overtake
