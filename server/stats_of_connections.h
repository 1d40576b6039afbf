// `stats conns`.
#pragma once

#include <cstdint>

#include "protocol/reply.h"

namespace overtake {

// Appends what the kernel knows of some of the process's sockets, from the descriptor `*place` on:
// for each, by memcached's names, where it leads (addr), where it was accepted (listen_addr), the
// state, and the seconds since its last request (RequestTimes). False when there are no more.
bool AppendConnectionStats(uint64_t* place, Reply* reply);

}  // namespace overtake
