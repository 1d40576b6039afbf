// The log store's index: from a key to its partition and tag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "server/storage/partition.h"

// Inline: a short key is hashed in less time than a call of a library takes.
#define XXH_INLINE_ALL
#include "xxhash.h"

namespace overtake {

// In a cache line of its own: every reader loads it.
class alignas(64) Index {
 public:
  // A key, with what follows from it.
  struct Place {
    std::string_view key;
    uint64_t hash;
    Partition* partition;

    uint32_t tag() const { return TagOf(hash); }
  };

  Index(Log* log, PagePool* pages, uint64_t hash_seed) : hash_seed_(hash_seed) {
    const size_t partitions = log->geometry().partitions;
    for (size_t i = 0; i < partitions; ++i) {
      partitions_.push_back(std::make_unique<Partition>(log, pages, i, partitions));
    }
  }

  uint64_t Hash(std::string_view key) const {
    return XXH3_64bits_withSeed(key.data(), key.size(), hash_seed_);
  }
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash); }
  Partition* PartitionOf(uint64_t hash) const {
    return partitions_[(hash >> 32) & (partitions_.size() - 1)].get();
  }
  Place PlaceOf(std::string_view key) const {
    const uint64_t hash = Hash(key);
    return {key, hash, PartitionOf(hash)};
  }

  absl::Span<const std::unique_ptr<Partition>> partitions() const { return partitions_; }

 private:
  std::vector<std::unique_ptr<Partition>> partitions_;
  const uint64_t hash_seed_;
};

}  // namespace overtake
