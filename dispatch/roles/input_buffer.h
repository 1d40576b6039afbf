// Bytes received and not yet executed.
#pragma once

#include <cstddef>
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

 private:
  static constexpr size_t kMaxKept = 64;
  std::vector<char*> kept_;
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
  // changed, when there is no memory.
  bool MakeRoom(size_t total);
  char* free_space() { return data_ + end_; }
  size_t free_bytes() const { return capacity_ - end_; }
  void Fill(size_t bytes) { end_ += bytes; }
  void Consume(size_t bytes) { begin_ += bytes; }

  // Gives the memory back if it holds nothing.
  void ReleaseIfEmpty() {
    if (empty() && data_ != nullptr) Free();
  }

 private:
  void Free();

  BlockPool* const pool_;
  char* data_ = nullptr;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace overtake
