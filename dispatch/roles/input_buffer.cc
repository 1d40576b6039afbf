#include "dispatch/roles/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace overtake {

BlockPool::~BlockPool() {
  for (char* block : kept_) delete[] block;
}

char* BlockPool::Take() {
  ++lent_;
  if (kept_.empty()) return new char[kBlockBytes];
  char* const block = kept_.back();
  kept_.pop_back();
  return block;
}

void BlockPool::Give(char* block) {
  --lent_;
  if (kept_.size() < kMaxKept) {
    kept_.push_back(block);
  } else {
    delete[] block;
  }
}

void InputBuffer::Free() {
  if (data_ == nullptr) return;
  if (capacity_ == BlockPool::kBlockBytes) {
    pool_->Give(data_);
  } else {
    delete[] data_;
    pool_->RemoveLarge(touched_);
  }
  data_ = nullptr;
  capacity_ = begin_ = end_ = touched_ = 0;
}

bool InputBuffer::MakeRoom(size_t total) {
  const size_t held = unread().size();
  if (capacity_ >= total && held < capacity_) {
    const bool fits = capacity_ - begin_ >= total && free_bytes() >= capacity_ / 4;
    if (!fits && begin_ > 0) {
      std::memmove(data_, data_ + begin_, held);
      end_ -= std::exchange(begin_, 0);
    }
    return true;
  }
  // At least doubled: a line whose end is not known grows in few steps.
  return Move(std::max(total, 2 * held));
}

void InputBuffer::Trim(size_t needed) {
  if (empty() && data_ != nullptr) Free();
  if (!large()) return;
  const size_t wanted = std::max(needed, 2 * unread().size());
  if (wanted <= BlockPool::kBlockBytes) Move(wanted);
}

// To a block of `wanted` bytes at least.
bool InputBuffer::Move(size_t wanted) {
  const size_t held = unread().size();
  const bool pooled = wanted <= BlockPool::kBlockBytes;
  const size_t capacity = pooled ? BlockPool::kBlockBytes : wanted + 1;
  if (capacity > std::numeric_limits<uint32_t>::max()) return false;
  char* const data = pooled ? pool_->Take() : new (std::nothrow) char[capacity];
  if (data == nullptr) return false;
  if (held > 0) std::memcpy(data, data_ + begin_, held);
  Free();
  data_ = data;
  capacity_ = static_cast<uint32_t>(capacity);
  begin_ = 0;
  end_ = static_cast<uint32_t>(held);
  if (large()) Touch();
  return true;
}

}  // namespace overtake
