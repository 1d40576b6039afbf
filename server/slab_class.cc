#include "server/slab_class.h"

namespace overtake {

int SlabClassOf(size_t item_bytes) {
  constexpr size_t kFirstChunk = 96;           // a header and -n
  constexpr size_t kLargestChunk = 512 << 10;  // larger items are chained from chunks
  constexpr double kFactor = 1.25;
  int number = 1;
  for (auto size = static_cast<double>(kFirstChunk); size < kLargestChunk / kFactor; ++number) {
    const size_t chunk = (static_cast<size_t>(size) + 7) & ~size_t{7};
    if (item_bytes <= chunk) return number;
    size = static_cast<double>(chunk) * kFactor;
  }
  return number;
}

}  // namespace overtake
