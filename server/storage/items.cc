#include "server/storage/items.h"

#include <algorithm>
#include <cstring>

namespace overtake {
namespace {

// Copies `bytes` from the pieces' front to `to` and drops them from the pieces.
void TakeFront(absl::InlinedVector<std::string_view, 4>* pieces, size_t* first, size_t bytes,
               char* to) {
  while (bytes > 0) {
    std::string_view& piece = (*pieces)[*first];
    const size_t taken = std::min(piece.size(), bytes);
    std::memcpy(to, piece.data(), taken);
    piece.remove_prefix(taken);
    to += taken;
    bytes -= taken;
    if (piece.empty()) ++*first;
  }
}

}  // namespace

Items::Items(uint64_t memory_bytes, bool huge_pages, uint64_t hash_seed)
    : log_(Geometry::For(memory_bytes, sizeof(Segment), sizeof(Partition) + sizeof(void*),
                         IndexTable::kMorePagesBytes),
           huge_pages),
      pages_(log_.base()),
      ghost_(log_.geometry().GhostFor(0), log_.geometry().GhostFor(log_.geometry().max_memory)),
      hash_seed_(hash_seed) {
  for (size_t i = 0; i < log_.geometry().partitions; ++i) {
    partitions_.push_back(std::make_unique<Partition>(&pages_, i, log_.geometry().partitions));
  }
}

size_t Items::FootprintOf(const Entry& entry) const {
  size_t bytes = log_.Round(entry.size());
  if (!entry.is_large()) return bytes;
  for (size_t i = 0; i < entry.chunks(); ++i) {
    bytes += log_.Round(EntryAt(entry.chunk(i)).size());
  }
  return bytes;
}

bool Items::Write(const Source& source, Head head, Reservation* reservation, Written* written) {
  EntryShape shape = source.shape;
  std::vector<Location> chunks;
  if (Entry::SizeOf(shape) > log_.geometry().max_whole_entry) {
    if (!WriteChunks(source, head, reservation, &chunks, written)) return false;
    shape.chunks = chunks.size();
  }
  if (!AppendRoom(head, Entry::SizeOf(shape), reservation, written)) return false;
  char* const at = written->rooms.back().at;
  char* to = Entry::WriteHeader(shape, source.state, source.explicit_cas, at);
  for (size_t i = 0; i < chunks.size(); ++i) Entry(at).set_chunk(i, chunks[i]);
  to = std::copy(source.key.begin(), source.key.end(), to);
  if (chunks.empty()) {
    for (const std::string_view piece : source.value) {
      if (piece.empty()) continue;
      std::memcpy(to, piece.data(), piece.size());
      to += piece.size();
    }
  }
  return true;
}

size_t Items::MaxChunkFor(size_t value_bytes) const {
  // The list of chunks has to lie in one segment: it takes an eighth of one at most.
  const size_t segment = log_.geometry().segment;
  const size_t most_chunks = segment / 8 / sizeof(Location);
  return std::clamp(value_bytes / most_chunks + 1 + Entry::kChunkHeaderBytes,
                    log_.geometry().max_chunk, segment);
}

bool Items::WriteChunks(const Source& source, Head head, Reservation* reservation,
                        std::vector<Location>* chunks, Written* written) {
  absl::InlinedVector<std::string_view, 4> pieces;
  for (const std::string_view piece : source.value) {
    if (!piece.empty()) pieces.push_back(piece);
  }
  size_t first = 0;
  size_t left = source.shape.value_bytes;
  const size_t max_chunk = MaxChunkFor(left);
  while (left > 0) {
    Log::Room room;
    const size_t least = Entry::kChunkHeaderBytes + std::min(left, kMinChunkBytes);
    const size_t most = std::min(Entry::kChunkHeaderBytes + left, max_chunk);
    if (!log_.AppendUpTo(head, least, most, Log::Claim::kWriter, reservation, &room)) {
      GiveUp(written);
      return false;
    }
    written->rooms.push_back(room);
    written->bytes += room.bytes;
    const size_t bytes = std::min(left, room.bytes - Entry::kChunkHeaderBytes);
    char* const to = Entry::WriteChunkHeader(source.hash, chunks->size(), bytes, room.at);
    TakeFront(&pieces, &first, bytes, to);
    chunks->push_back(room.location);
    left -= bytes;
  }
  return true;
}

bool Items::WriteWithExpiry(const Entry& old, Seconds expires, ItemState state, Head head,
                            Reservation* reservation, Written* written) {
  const EntryShape shape = {.key_bytes = old.key().size(),
                            .value_bytes = old.value_bytes(),
                            .order = old.order(),
                            .flags = old.flags(),
                            .expires = expires,
                            .explicit_cas = old.has_explicit_cas(),
                            .chunks = old.is_large() ? old.chunks() : 0};
  if (!AppendRoom(head, Entry::SizeOf(shape), reservation, written)) return false;
  char* const at = written->rooms.back().at;
  char* to = Entry::WriteHeader(shape, state, old.explicit_cas(), at);
  for (size_t i = 0; i < shape.chunks; ++i) Entry(at).set_chunk(i, old.chunk(i));
  to = std::copy(old.key().begin(), old.key().end(), to);
  if (shape.chunks == 0) std::copy(old.value().begin(), old.value().end(), to);
  return true;
}

bool Items::AppendRoom(Head head, size_t bytes, Reservation* reservation, Written* written) {
  Log::Room room;
  if (!log_.Append(head, bytes, Log::Claim::kWriter, reservation, &room)) {
    GiveUp(written);
    return false;
  }
  written->rooms.push_back(room);
  written->bytes += room.bytes;
  written->location = room.location;
  return true;
}

void Items::GiveUp(Written* written) {
  for (const Log::Room& room : written->rooms) {
    log_.MarkDead(room.location, room.bytes);
    Log::Publish(room);
  }
  written->rooms.clear();
  written->bytes = 0;
}

void Items::Unlink(Partition* partition, IndexTable::Slot* slot) {
  const Entry entry = EntryOf(slot);
  partition->Discount(entry, FootprintOf(entry));
  partition->table.Erase(slot);
  MarkDead(entry);
}

void Items::TakeOver(Partition* partition, IndexTable::Slot* slot, uint32_t tag,
                     Location location) {
  const Entry entry = EntryOf(slot);
  partition->Discount(entry, FootprintOf(entry));
  IndexTable::TakeOver(slot, tag, location);
  MarkDead(entry);
}

void Items::MarkDead(const Entry& entry) {
  if (entry.is_large()) {
    for (size_t i = 0; i < entry.chunks(); ++i) MarkEntryDead(EntryAt(entry.chunk(i)));
  }
  MarkEntryDead(entry);
}

bool Items::MoveEntry(IndexTable::Slot* slot, Head head, ItemState state) {
  const Entry entry = EntryOf(slot);
  Log::Room room;
  if (!log_.Append(head, entry.size(), Log::Claim::kReclaimer, nullptr, &room)) return false;
  entry.CopyTo(room.at);
  Entry(room.at).set_state(state);
  room.segment->NoteExpiry(entry.expires(), static_cast<uint32_t>(room.bytes));
  IndexTable::Replace(slot, room.location);
  MarkEntryDead(entry);
  Log::Publish(room);
  return true;
}

bool Items::MoveChunk(const Entry& owner, size_t number, Head head) {
  const Entry chunk = EntryAt(owner.chunk(number));
  Log::Room room;
  if (!log_.Append(head, chunk.size(), Log::Claim::kReclaimer, nullptr, &room)) return false;
  std::memcpy(room.at, chunk.at(), chunk.size());
  owner.set_chunk(number, room.location);
  MarkEntryDead(chunk);
  Log::Publish(room);
  return true;
}

}  // namespace overtake
