// Items as numbers.
#pragma once

#include <cstdint>

#include "server/storage/item_view.h"

namespace overtake {

// Reads the item's value as incr does: a decimal number below 2^64 by the rules of ParseUint64,
// which a NUL ends, as in C. False, with *number untouched, if it is none.
bool ParseItemNumber(const ItemView& item, uint64_t* number);

}  // namespace overtake
