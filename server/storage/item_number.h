// Items as numbers.
#pragma once

#include <cstdint>

#include "server/storage/item_view.h"

namespace overtake {

// False where memcached does not even look at the value: when it is empty, and when the item is so
// large that it would be chained from chunks.
bool MayBeNumber(const ItemView& item);

// Reads the item's value as incr does: a decimal number below 2^64 by the rules of ParseUint64,
// which a NUL ends, as in C. False, with *number untouched, if it is none.
bool ParseItemNumber(const ItemView& item, uint64_t* number);

}  // namespace overtake
