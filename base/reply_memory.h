// What replies may hold, over all connections.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace overtake {

// Counts the memory of all Replies of a server and says how much more one may take. Any thread;
// relaxed, since these are counts and nothing is published through them. A Reply comes here once a
// block, not once a request.
//
// Clients that do not read keep what was executed for them. So each may have a fixed part of what
// is left: the many of an attack share the limit between them, ever smaller, and who comes after
// them is still served, in small pieces.
class ReplyMemory {
 public:
  // Of one reply, however much is left or however little.
  static constexpr size_t kMaxPieceBytes = 64 * 1024;
  static constexpr size_t kMinPieceBytes = 2 * 1024;
  // A value that cannot be pinned is copied whole, or not at all: up to the first whatever is left,
  // up to the second while there is plenty.
  static constexpr size_t kAlwaysCopied = 16 * 1024;
  static constexpr size_t kMaxCopied = 1 << 20;

  // `limit_bytes` 0: there is no limit.
  explicit ReplyMemory(size_t limit_bytes) : limit_(limit_bytes == 0 ? SIZE_MAX : limit_bytes) {}

  void Add(size_t bytes) {
    const size_t now = held_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (now > peak_.load(std::memory_order_relaxed)) peak_.store(now, std::memory_order_relaxed);
  }
  void Remove(size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  // A reply should be sent once it has this many bytes.
  size_t PieceBytes() const { return std::clamp(Left() / 64, kMinPieceBytes, kMaxPieceBytes); }
  // Whether a value of this size may be copied into a reply. Counts it if not.
  bool MayCopy(size_t bytes) {
    if (bytes <= std::max(kAlwaysCopied, std::min(Left() / 8, kMaxCopied))) return true;
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

  // A Reply begins or ends.
  void AddReply(size_t bytes) {
    count_.fetch_add(1, std::memory_order_relaxed);
    Add(bytes);
  }
  void RemoveReply(size_t bytes) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    Remove(bytes);
  }

  size_t count() const { return count_.load(std::memory_order_relaxed); }
  size_t held() const { return held_.load(std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  // The most that was held since the last call, about.
  size_t TakePeak() { return std::max(peak_.exchange(0, std::memory_order_relaxed), held()); }

 private:
  size_t Left() const {
    const size_t held = this->held();
    return limit_ > held ? limit_ - held : 0;
  }

  const size_t limit_;
  alignas(64) std::atomic<size_t> held_{0};
  std::atomic<size_t> peak_{0};
  std::atomic<size_t> count_{0};
  std::atomic<uint64_t> refused_{0};
};

}  // namespace overtake
