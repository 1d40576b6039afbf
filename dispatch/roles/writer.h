// The writer: sends what a connection's requests are answered with.
#pragma once

#include <cstddef>

#include "dispatch/roles/connection.h"
#include "dispatch/thread_stats.h"

namespace overtake {

enum class Sent {
  kAll,
  kPart,     // as much as was allowed; the socket takes more
  kBlocked,  // the socket is full: the kernel reports when there is room again
  kFailed,   // the connection is gone
};

// Sends from the front of c.job's reply, at most `max_bytes`. For the thread that has the job; it
// leaves what the reader knows of the socket's readiness alone.
Sent SendReply(Connection& c, size_t max_bytes, ThreadStats* stats);

}  // namespace overtake
