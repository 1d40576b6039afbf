// From replies to bytes.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/pin.h"
#include "base/reply_memory.h"

namespace overtake {

// The bytes that answer one or more requests, in order, until they are sent: small pieces are
// copied one after the other into blocks, large values are referred to where they are stored, under
// a Pin. Used by one thread at a time: the worker fills it, the writer empties it.
//
// A Reply is meant to be used again: Clear() keeps the first block, so that ordinary replies
// allocate nothing, and gives back the others, so that a large multiget leaves nothing behind.
class Reply {
 public:
  static constexpr size_t kFirstBlockBytes = 4096;
  static constexpr size_t kBlockBytes = 32 * 1024;

  // `memory`, where the reply's blocks are counted, must outlive it; null: nobody counts them.
  explicit Reply(ReplyMemory* memory = nullptr);
  ~Reply();
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  // Room for `bytes` contiguous bytes; write there, then Commit what was written.
  char* Reserve(size_t bytes) {
    if (static_cast<size_t>(limit_ - cursor_) < bytes) NewBlock(bytes);
    return cursor_;
  }
  void Commit(const char* end) {
    const size_t bytes = static_cast<size_t>(end - cursor_);
    if (bytes == 0) return;
    if (!tail_is_open_) OpenExtent();
    extents_.back().size += bytes;
    cursor_ += bytes;
    size_ += bytes;
  }

  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    char* const to = Reserve(bytes.size());
    std::memcpy(to, bytes.data(), bytes.size());
    Commit(to + bytes.size());
  }
  void AppendNumber(uint64_t number);
  // One line: `text` and "\r\n".
  void AppendLine(std::string_view text);

  // Refers to `bytes` without copying; `pin` keeps them valid until they were sent.
  void AppendPinned(std::string_view bytes, Pin pin);

  // Bytes not sent yet.
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // A caller should stop between two items when the reply is full, and go on once it was sent: it
  // bounds what one connection can make the server hold.
  bool full() const { return size_ >= piece_bytes_; }
  // Asks anew what the reply may hold before it is full.
  void ChoosePiece() {
    if (memory_ != nullptr) piece_bytes_ = memory_->PieceBytes();
  }
  // Whether a value that cannot be pinned may be copied into the reply.
  bool MayCopy(size_t bytes) const {
    return memory_ != nullptr ? memory_->MayCopy(bytes) : bytes <= ReplyMemory::kMaxCopied;
  }

  // Describes the next unsent bytes, at most `max_bytes` of them, in at most vectors.size() pieces.
  // Returns the number of pieces; *bytes their sum.
  size_t Gather(absl::Span<iovec> vectors, size_t max_bytes, size_t* bytes) const;
  // Drops `bytes` from the front: they were sent.
  void Consume(size_t bytes);
  void Clear() {
    if (cursor_ != first_block_.get() || !extents_.empty()) Reset();
  }

 private:
  // Bytes that lie together.
  struct Extent {
    const char* data;
    size_t size;
    Pin pin;
  };

  void NewBlock(size_t at_least);
  void FreeBlocks();
  void OpenExtent();
  void Reset();

  ReplyMemory* const memory_;
  std::unique_ptr<char[]> first_block_;
  std::vector<std::unique_ptr<char[]>> more_blocks_;
  size_t more_bytes_ = 0;  // in more_blocks_
  char* cursor_;           // end of what is written in the newest block
  char* limit_;            // end of the newest block
  std::vector<Extent> extents_;
  size_t sent_extents_ = 0;
  bool tail_is_open_ = false;  // the last extent ends at cursor_ and may grow
  size_t size_ = 0;
  size_t piece_bytes_ = ReplyMemory::kMaxPieceBytes;
};

}  // namespace overtake
