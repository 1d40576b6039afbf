// What connections may hold of memory, over all threads.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/reply_memory.h"
#include "dispatch/options.h"

namespace overtake {

// One of a server; outlives its readers.
class ConnectionMemory {
 public:
  explicit ConnectionMemory(const DispatchOptions& options)
      : replies(options.reply_memory_bytes), input_bytes_(options.input_memory_bytes) {}

  // Before the readers run: how many there are.
  void set_readers(size_t readers) { readers_ = readers; }
  // What the requests that one reader is about to have read may hold; SIZE_MAX: without limit.
  size_t input_part() const { return input_bytes_ == 0 ? SIZE_MAX : input_bytes_ / readers_; }

  // Once a second, by one thread: `input_bytes` is what requests hold now. Blocks that are freed
  // among others stay with the allocator, which would keep for good what a flood of slow clients
  // needed. They go back once much less is held than was; a load that stays the same pays nothing.
  void ReturnFreed(size_t input_bytes) {
    constexpr size_t kMuch = 4 << 20;
    const size_t held = replies.TakePeak() + input_bytes;
    if (held + kMuch <= most_held_) {
      malloc_trim(0);
      most_held_ = held;
    }
    most_held_ = std::max(most_held_, held);
  }

  ReplyMemory replies;

 private:
  const size_t input_bytes_;
  size_t readers_ = 1;
  size_t most_held_ = 0;  // since the last time
};

}  // namespace overtake
