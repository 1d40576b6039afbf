#include "dispatch/request_times.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "base/ticks.h"

namespace overtake {

RequestTimes& RequestTimes::OfProcess() {
  static auto* const times = new RequestTimes;
  return *times;
}

// Relaxed but for a chunk's address: the times publish nothing.
std::atomic<uint64_t>* RequestTimes::Find(int fd, bool make) {
  const auto at = static_cast<size_t>(fd);
  const size_t number = at / std::tuple_size_v<Chunk>;
  if (fd < 0 || number >= chunks_.size()) return nullptr;
  Chunk* chunk = chunks_[number].load(std::memory_order_acquire);
  if (chunk == nullptr && make) {
    auto made = std::make_unique<Chunk>();
    // Another reader may be faster.
    if (chunks_[number].compare_exchange_strong(chunk, made.get(), std::memory_order_acq_rel)) {
      chunk = made.release();
    }
  }
  return chunk == nullptr ? nullptr : &(*chunk)[at % chunk->size()];
}

void RequestTimes::Note(int fd, uint64_t ticks) {
  if (std::atomic<uint64_t>* const time = Find(fd, /*make=*/true)) {
    time->store(ticks, std::memory_order_relaxed);
  }
}

uint32_t RequestTimes::SecondsSince(int fd) const {
  const std::atomic<uint64_t>* const time = const_cast<RequestTimes*>(this)->Find(fd, false);
  const uint64_t then = time == nullptr ? 0 : time->load(std::memory_order_relaxed);
  if (then == 0) return 0;
  const uint64_t now = Ticks();
  const auto ticks = static_cast<double>(now - std::min(now, then));
  return static_cast<uint32_t>(ticks / TicksPerMicrosecond() / 1e6);
}

}  // namespace overtake
