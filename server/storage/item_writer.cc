#include "server/storage/item_writer.h"

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

bool ItemWriter::Write(const ItemSource& source) {
  EntryShape shape = source.shape;
  std::vector<Location> chunks;
  if (Entry::SizeOf(shape) > log_->geometry().max_whole_entry) {
    if (!WriteChunks(source, &chunks)) return false;
    shape.chunks = chunks.size();
  }
  const size_t bytes = Entry::SizeOf(shape);
  if (!Append(bytes, bytes, shape.expires)) return false;
  char* const at = rooms_.back().at;
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

size_t ItemWriter::MaxChunkFor(size_t value_bytes) const {
  // The list of chunks has to lie in one segment: it takes an eighth of one at most.
  const size_t segment = log_->geometry().segment;
  const size_t most_chunks = segment / 8 / sizeof(Location);
  return std::clamp(value_bytes / most_chunks + 1 + Entry::kChunkHeaderBytes,
                    log_->geometry().max_chunk, segment);
}

bool ItemWriter::WriteChunks(const ItemSource& source, std::vector<Location>* chunks) {
  absl::InlinedVector<std::string_view, 4> pieces;
  for (const std::string_view piece : source.value) {
    if (!piece.empty()) pieces.push_back(piece);
  }
  size_t first = 0;
  size_t left = source.shape.value_bytes;
  const size_t max_chunk = MaxChunkFor(left);
  while (left > 0) {
    const size_t least = Entry::kChunkHeaderBytes + std::min(left, kMinChunkBytes);
    const size_t most = std::min(Entry::kChunkHeaderBytes + left, max_chunk);
    if (!Append(least, most, /*expires=*/0)) return false;
    const Log::Room& room = rooms_.back();
    const size_t bytes = std::min(left, room.bytes - Entry::kChunkHeaderBytes);
    char* const to = Entry::WriteChunkHeader(source.hash, chunks->size(), bytes, room.at);
    TakeFront(&pieces, &first, bytes, to);
    chunks->push_back(room.location);
    left -= bytes;
  }
  return true;
}

bool ItemWriter::WriteWithExpiry(const Entry& old, Seconds expires, ItemState state) {
  const EntryShape shape = {.key_bytes = old.key().size(),
                            .value_bytes = old.value_bytes(),
                            .order = old.order(),
                            .flags = old.flags(),
                            .expires = expires,
                            .explicit_cas = old.has_explicit_cas(),
                            .chunks = old.is_large() ? old.chunks() : 0};
  const size_t bytes = Entry::SizeOf(shape);
  if (!Append(bytes, bytes, shape.expires)) return false;
  char* const at = rooms_.back().at;
  char* to = Entry::WriteHeader(shape, state, old.explicit_cas(), at);
  for (size_t i = 0; i < shape.chunks; ++i) Entry(at).set_chunk(i, old.chunk(i));
  to = std::copy(old.key().begin(), old.key().end(), to);
  if (shape.chunks == 0) std::copy(old.value().begin(), old.value().end(), to);
  return true;
}

bool ItemWriter::Append(size_t least, size_t most, Seconds expires) {
  Log::Room room;
  if (log_->Append(head_, least, most, expires, reservation_, &room)) {
    rooms_.push_back(room);
    bytes_ += room.bytes;
    return true;
  }
  for (const Log::Room& before : rooms_) log_->MarkDead(before.location, before.bytes);
  Publish();
  return false;
}

}  // namespace overtake
