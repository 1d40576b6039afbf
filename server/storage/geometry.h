// How the store's memory is divided.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace overtake {

// Where something lies in the log: an offset from its beginning, in units of Geometry::unit bytes.
// Not a pointer, so that the log can be mapped anywhere. 0: nowhere.
using Location = uint32_t;

// All sizes follow from the memory limit; all are in bytes unless they say otherwise.
struct Geometry {
  static constexpr size_t kPageBytes = 4096;  // of the index
  static constexpr uint64_t kMinMemory = 1 << 20;

  uint64_t memory = 0;         // the limit: all that follows lies within it
  size_t unit = 4;             // of locations, and what entries are aligned to
  size_t segment = 0;          // a power of two, a multiple of kPageBytes
  size_t segments = 0;         // their number
  size_t partitions = 0;       // of the index; their number, a power of two
  size_t ghost = 0;            // of the ghost's fingerprints; a power of two
  size_t max_whole_entry = 0;  // entries that would be larger have their value in chunks

  // Of so many segments in use, those that readers may keep.
  static size_t MaxPinned(size_t usable) { return std::max<size_t>(usable / 8, 1); }

  // `segment_metadata` and `partition_metadata` are the bytes that each takes outside of the log.
  static Geometry For(uint64_t memory, size_t segment_metadata, size_t partition_metadata) {
    Geometry g;
    g.memory = std::max(memory, kMinMemory);
    while (g.memory / g.unit > UINT32_MAX) g.unit *= 2;
    // Some hundred segments: what a few free and half-filled ones hold is then a percent or two.
    const uint64_t share = std::bit_floor(g.memory / 512);
    g.segment = std::clamp<uint64_t>(share, 16 << 10, 1 << 20);
    g.segment = std::max<uint64_t>(g.segment, std::bit_floor(g.memory / 16384));
    // A table of the index stays below about 128 KB even when all items are tiny.
    g.partitions = std::bit_floor(g.memory >> 19);
    g.ghost = std::bit_floor(g.memory / 100);
    g.max_whole_entry = std::min<size_t>(g.segment / 16, 32 << 10);
    const uint64_t outside =
        g.ghost + g.partitions * partition_metadata + g.memory / g.segment * segment_metadata;
    g.segments = (g.memory - outside) / g.segment;
    return g;
  }
};

}  // namespace overtake
