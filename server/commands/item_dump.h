// All items, a line for each.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/reply.h"
#include "server/clock.h"
#include "server/storage/store.h"

namespace overtake {

enum class DumpFormat : uint8_t {
  // "key=<percent-encoded> exp=... la=... cas=... fetch=... cls=... size=... flags=... \n"
  kMetadump,
  kMgdump,     // "mg <key>\r\n", as a request for it would be
  kCachedump,  // "ITEM <key> [<bytes> b; <Unix time> s]\r\n"
};

// The slab classes that a dump was asked for, a bit for each. The first is all there is, as `stats
// items` has it; of another, the items that a memcached with its defaults would keep there.
using SlabClasses = uint64_t;
inline constexpr SlabClasses kAllItems = 2;

// Appends some more items, beginning at `*place` (0 at first), at most `limit` of them, which it
// takes off `*limit`. False when there are no more, or the limit is reached. What one call appends
// is some 10 KB, so that others get their turn in between.
bool DumpItems(DumpFormat format, SlabClasses classes, const Clock& clock, Store* store,
               uint64_t* place, uint64_t* limit, Reply* reply);

}  // namespace overtake
