// What the reclaimer does next: decided from facts, without threads or memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "server/storage/segment.h"

namespace overtake {

// What the reclaimer can do to a segment.
enum class Work : uint8_t {
  kEvict,  // items that were not asked for often enough go, the others move to the main part
  kClean,  // what lives moves to a segment of the same age and part; nothing is left
  kSweep,  // expired items are taken out
};

// A segment at a glance.
struct SegmentFacts {
  bool settled = false;  // sealed, and no writer is left in it; the rest matters only then
  Part part = Part::kSmall;
  bool pinned = false;        // by replies
  bool before_flush = false;  // opened before the last flush_all
  uint64_t sequence = 0;      // lower is older
  uint64_t used = 0;          // bytes written, from the begin
  uint64_t live = 0;          // of these, bytes
  uint64_t expired = 0;       // bytes that have expired, as expiry times let guess
};

// The log as a whole.
struct LogFacts {
  size_t segment_bytes = 0;
  size_t segments = 0;  // to look at; what follows is in segments too
  size_t usable = 0;    // under the limit
  size_t free = 0;
  size_t reserved = 0;  // free ones that are the reclaimer's
  size_t small = 0;     // in use, by part
  size_t main = 0;
  uint64_t newest = 0;  // the last sequence given
  bool evict = true;    // false: -M
  bool urgent = false;  // there is too little room: something has to go
};

struct Choice {
  Work work;
  size_t segment;  // its number

  bool operator==(const Choice&) const = default;
};

// The rules are listed in docs/store.md, "Eviction and cleaning". Nothing: there is nothing to do,
// or nothing that can be done. Looks at segments in turn, at each once, and not at all of them when
// one is free for the taking.
std::optional<Choice> ChooseWork(const LogFacts& log,
                                 absl::FunctionRef<SegmentFacts(size_t number)> look);

}  // namespace overtake
