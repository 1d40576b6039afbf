// Lines about items, as memcached's watchers know them (without "ts=", "gid=" and the line end).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/storage/item_view.h"

namespace overtake {

// An item, or none (`bytes` and `slab_class` are 0 then).
struct ItemFacts {
  std::string_view key;
  int slab_class = 0;  // as SlabClassOf has it
  size_t bytes = 0;    // of the value
};

// With `flags`, which take room where they are not 0.
ItemFacts FactsOf(std::string_view key, uint32_t flags, size_t value_bytes);

// `connection` is a descriptor; `status` is "found", or why it was not.
std::string FetchLine(const ItemFacts& item, std::string_view status, int connection);
std::string StoreLine(const ItemFacts& item, std::string_view status, std::string_view command,
                      uint32_t ttl, int connection);
std::string DeletionLine(const ItemFacts& item, std::string_view command);
std::string EvictionLine(const ItemView& item, Seconds now);

}  // namespace overtake
