#pragma once

#include "absl/status/status.h"
#include "bench/socket.h"

namespace overtake::bench {

// The floor under every server on sockets and epoll: `threads` threads that do nothing per event
// but one epoll_wait, one recv and one send of fixed replies. Connections are handed to the
// threads round robin. Each get, of however many keys, is answered with one value of 100 bytes;
// each set with STORED though nothing is stored; `debug sleep <us>` and `debug spin <us>` with OK
// after that long, and nothing but the connection waits for a sleep; anything else with a version
// line. Returns only on an error.
absl::Status RunEcho(const Endpoint& endpoint, int threads);

}  // namespace overtake::bench
