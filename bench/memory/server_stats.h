#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "bench/socket.h"
#include "nlohmann/json_fwd.hpp"

namespace overtake::bench {

// What a server says of its store (`stats`); 0 for what it does not say.
struct StoreFigures {
  uint64_t items = 0;        // curr_items
  uint64_t bytes = 0;        // that items take, headers included
  uint64_t limit_bytes = 0;  // limit_maxbytes, -m
  uint64_t evictions = 0;

  // The share of -m that holds items.
  double Utilisation() const {
    return limit_bytes > 0 ? static_cast<double>(bytes) / static_cast<double>(limit_bytes) : 0;
  }
};

// Asks over a connection of its own.
absl::StatusOr<StoreFigures> AskStoreFigures(const Endpoint& endpoint);

nlohmann::json ToJson(const StoreFigures& store);

}  // namespace overtake::bench
