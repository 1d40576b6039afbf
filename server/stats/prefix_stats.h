// Statistics by key prefix: `stats detail`.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "protocol/reply.h"

namespace overtake {

// Counts the classic commands by what stands before the delimiter in their keys; keys without one
// are not counted. Any thread.
class PrefixStats {
 public:
  enum class Event : uint8_t { kHit, kMiss, kSet, kDelete };

  explicit PrefixStats(char delimiter) : delimiter_(delimiter) {}

  void Count(std::string_view key, Event event);
  void Clear();

  // Appends some "PREFIX <prefix> get <n> hit <n> set <n> del <n>" lines, from `*place` on (0 at
  // first). False when there are no more.
  bool Dump(uint64_t* place, Reply* reply) const;

 private:
  // What comes later is not counted: memory stays bounded whatever clients use for keys.
  static constexpr size_t kMaxPrefixes = 1 << 16;

  struct Prefix {
    std::string name;
    uint64_t gets = 0, hits = 0, sets = 0, deletes = 0;
  };

  const char delimiter_;
  mutable Mutex mutex_;
  std::deque<Prefix> prefixes_ ABSL_GUARDED_BY(mutex_);  // in the order in which they came
  // The keys lie in prefixes_.
  absl::flat_hash_map<absl::string_view, Prefix*> by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace overtake
