// Bytes received and not yet executed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace overtake {

// Blocks of memory that a reader lends to those of its connections that have input just now, so
// that an idle connection holds none. One thread's.
class BlockPool {
 public:
  static constexpr size_t kBlockBytes = 16 * 1024;

  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  char* Take();
  void Give(char* block);

  // What its buffers hold, and how much of it in blocks larger than a pool's.
  size_t bytes() const { return lent_ * kBlockBytes + large_bytes_; }
  size_t large_bytes() const { return large_bytes_; }
  void AddLarge(size_t bytes) { large_bytes_ += bytes; }
  void RemoveLarge(size_t bytes) { large_bytes_ -= bytes; }

 private:
  static constexpr size_t kMaxKept = 64;
  std::vector<char*> kept_;
  size_t lent_ = 0;
  size_t large_bytes_ = 0;
};

// A connection's input. It has memory only while it holds bytes, a pool's block as a rule and a
// larger one of its own for a long line or value.
// Bytes stay in place from one MakeRoom to the next; views into them stay valid that long.
class InputBuffer {
 public:
  explicit InputBuffer(BlockPool* pool) : pool_(pool) {}
  ~InputBuffer() { Free(); }
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  std::string_view unread() const { return {data_ + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  // Makes room for unread() to grow to `total` bytes at least. Memory that nothing arrives for is
  // reserved but not touched: a lie about a length costs address space only. False, with nothing
  // changed, when there is no memory, or it would take 4 GB.
  bool MakeRoom(size_t total);
  char* free_space() { return data_ + end_; }
  size_t free_bytes() const { return capacity_ - end_; }
  void Fill(size_t bytes) {
    end_ += static_cast<uint32_t>(bytes);
    if (large()) Touch();
  }
  void Consume(size_t bytes) { begin_ += static_cast<uint32_t>(bytes); }

  // Whether its memory is larger than a pool's block; and how much of it was written to.
  bool large() const { return capacity_ > BlockPool::kBlockBytes; }
  size_t large_bytes() const { return touched_; }

  // Gives back the memory if it holds nothing, and a large one's if a pool's block will do for the
  // next `needed` bytes.
  void Trim(size_t needed);
  // Keeps the first `bytes` of unread(), in a pool's block if they are few.
  void Truncate(size_t bytes) {
    end_ = begin_ + static_cast<uint32_t>(bytes);
    Trim(bytes);
  }

 private:
  void Free();
  bool Move(size_t wanted);
  void Touch() {
    if (end_ <= touched_) return;
    pool_->AddLarge(end_ - touched_);
    touched_ = end_;
  }

  BlockPool* const pool_;
  char* data_ = nullptr;
  // Each connection has these: 32 bits will do.
  uint32_t capacity_ = 0;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  uint32_t touched_ = 0;  // of a large one
};

}  // namespace overtake
