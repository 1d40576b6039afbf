#pragma once

#include "absl/status/status.h"
#include "bench/load/key_ring.h"
#include "bench/load/load_class.h"
#include "bench/socket.h"

namespace overtake::bench {

// Stores every key of `ring` with a value of its size, over a connection of its own, and checks
// each reply.
absl::Status Preload(const Endpoint& endpoint, const LoadClass& load, const KeyRing& ring);

}  // namespace overtake::bench
