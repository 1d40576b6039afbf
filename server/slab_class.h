// Where memcached would keep an item.
#pragma once

#include <cstddef>

namespace overtake {

// The number of the slab class of an item of `item_bytes` (as ItemBytes counts) in a memcached that
// runs with its defaults: -f 1.25 -n 48 -I 1m. There are no slabs here; `me` reports the class
// because tools read it.
int SlabClassOf(size_t item_bytes);

}  // namespace overtake
