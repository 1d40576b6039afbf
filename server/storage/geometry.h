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

// All sizes follow from the memory limit at the start; all are in bytes unless they say otherwise.
struct Geometry {
  static constexpr size_t kPageBytes = 4096;  // of the index
  static constexpr uint64_t kMinMemory = 1 << 20;
  // The limit may be raised to so many times what it was. Segments and partitions stay as they are,
  // so what grows is the number of segments that the reclaimer looks at, and the tables of the
  // index.
  static constexpr uint64_t kMaxGrowth = 16;
  // Of a partition's table under the limit at the start: enough for the smallest items. What the
  // keys of one partition can take and do is bounded by it.
  static constexpr size_t kTablePages = 56;

  uint64_t memory = 0;            // the limit at the start
  uint64_t max_memory = 0;        // what it may be raised to
  size_t unit = 4;                // of locations, and what entries are aligned to
  size_t segment = 0;             // a power of two, a multiple of kPageBytes
  size_t segments = 0;            // their number at the start
  size_t partitions = 0;          // of the index; their number, a power of two
  size_t segment_metadata = 0;    // that each takes outside of the log
  size_t partition_metadata = 0;  // the same
  size_t growth_metadata = 0;     // that each partition takes more when the limit was raised
  size_t max_whole_entry = 0;     // entries that would be larger have their value in chunks
  size_t max_chunk = 0;           // bytes, of values that need not too many of them

  // Of so many segments in use, those that readers may keep.
  static size_t MaxPinned(size_t usable) { return std::max<size_t>(usable / 8, 1); }

  static Geometry For(uint64_t memory, size_t segment_metadata, size_t partition_metadata,
                      size_t growth_metadata = 0) {
    Geometry g;
    g.memory = std::max(memory, kMinMemory);
    g.segment_metadata = segment_metadata;
    g.partition_metadata = partition_metadata;
    g.growth_metadata = growth_metadata;
    // Larger units cost every entry some bytes: none for the sake of more than doubling the limit.
    while (g.memory * 2 > uint64_t{g.unit} << 32) g.unit *= 2;
    g.max_memory = std::min(g.memory * kMaxGrowth, uint64_t{g.unit} << 32);
    // Some hundred segments: what a few free and half-filled ones hold is then a percent or two.
    const uint64_t share = std::bit_floor(g.memory / 512);
    g.segment = std::clamp<uint64_t>(share, 16 << 10, 1 << 20);
    g.segment = std::max<uint64_t>(g.segment, std::bit_floor(g.memory / 16384));
    // A table of the index stays below about 128 KB even when all items are tiny.
    g.partitions = std::bit_floor(g.memory >> 19);
    // What is moved does not always fit where the last one ended: that leaves half of this
    // unwritten, in each segment that was moved together.
    g.max_chunk = g.segment / 16;
    g.max_whole_entry = std::min<size_t>(g.max_chunk, 32 << 10);
    g.segments = g.SegmentsFor(g.memory, 0);
    return g;
  }

  // Of the ghost's fingerprints under such a limit; a power of two.
  uint64_t GhostFor(uint64_t limit) const { return std::bit_floor(std::max(limit, memory) / 100); }
  // Pages that a partition's table may have.
  size_t TablePagesFor(uint64_t limit) const {
    return kTablePages * ((std::max(limit, memory) + memory - 1) / memory);
  }
  // Of what describes the segments, of which there have been `known` already, and the partitions.
  uint64_t MetadataFor(uint64_t limit, size_t known) const {
    const uint64_t described = std::max<uint64_t>(std::max(limit, memory) / segment, known);
    return partitions * (partition_metadata + (limit > memory ? growth_metadata : 0)) +
           described * segment_metadata;
  }
  // Segments under such a limit.
  size_t SegmentsFor(uint64_t limit, size_t known) const {
    return (limit - GhostFor(limit) - MetadataFor(limit, known)) / segment;
  }
};

}  // namespace overtake
