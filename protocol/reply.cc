#include "protocol/reply.h"

#include <algorithm>

#include "base/write_number.h"

namespace overtake {

Reply::Reply(ReplyMemory* memory)
    : memory_(memory),
      first_block_(new char[kFirstBlockBytes]),
      cursor_(first_block_.get()),
      limit_(cursor_ + kFirstBlockBytes) {
  if (memory_ != nullptr) memory_->AddReply(kFirstBlockBytes);
}

Reply::~Reply() {
  FreeBlocks();
  if (memory_ != nullptr) memory_->RemoveReply(kFirstBlockBytes);
}

void Reply::NewBlock(size_t at_least) {
  // Where memory is short, a block is no larger than the reply will be.
  const size_t bytes = std::max(at_least, std::min(kBlockBytes, piece_bytes_));
  more_blocks_.emplace_back(new char[bytes]);
  more_bytes_ += bytes;
  if (memory_ != nullptr) memory_->Add(bytes);
  cursor_ = more_blocks_.back().get();
  limit_ = cursor_ + bytes;
  tail_is_open_ = false;
}

void Reply::OpenExtent() {
  extents_.push_back({cursor_, 0, Pin()});
  tail_is_open_ = true;
}

void Reply::AppendNumber(uint64_t number) { Commit(WriteNumber(number, Reserve(20))); }

void Reply::AppendLine(std::string_view text) {
  char* const to = Reserve(text.size() + 2);
  std::memcpy(to, text.data(), text.size());
  std::memcpy(to + text.size(), "\r\n", 2);
  Commit(to + text.size() + 2);
}

void Reply::AppendPinned(std::string_view bytes, Pin pin) {
  if (bytes.empty()) return;
  extents_.push_back({bytes.data(), bytes.size(), std::move(pin)});
  tail_is_open_ = false;
  size_ += bytes.size();
}

size_t Reply::Gather(absl::Span<iovec> vectors, size_t max_bytes, size_t* bytes) const {
  size_t used = 0;
  *bytes = 0;
  for (size_t i = sent_extents_; i < extents_.size() && used < vectors.size(); ++i) {
    const size_t size = std::min(extents_[i].size, max_bytes - *bytes);
    if (size == 0) break;
    // iovec has no const; it is only ever read from here.
    vectors[used++] = {const_cast<char*>(extents_[i].data), size};
    *bytes += size;
  }
  return used;
}

void Reply::Consume(size_t bytes) {
  size_ -= bytes;
  while (bytes > 0) {
    Extent& extent = extents_[sent_extents_];
    const size_t taken = std::min(bytes, extent.size);
    extent.data += taken;
    extent.size -= taken;
    bytes -= taken;
    if (extent.size > 0) return;
    extent.pin = Pin();
    ++sent_extents_;
  }
  if (size_ == 0) Clear();
}

void Reply::FreeBlocks() {
  if (more_blocks_.empty()) return;
  more_blocks_.clear();
  if (memory_ != nullptr) memory_->Remove(more_bytes_);
  more_bytes_ = 0;
}

void Reply::Reset() {
  // A multiget of large values leaves a long list behind; the ordinary one is kept.
  constexpr size_t kExtentsKept = 16;
  extents_.clear();
  if (extents_.capacity() > kExtentsKept) extents_.shrink_to_fit();
  FreeBlocks();
  cursor_ = first_block_.get();
  limit_ = cursor_ + kFirstBlockBytes;
  sent_extents_ = 0;
  tail_is_open_ = false;
  size_ = 0;
}

}  // namespace overtake
