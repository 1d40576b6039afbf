// One stream, sent to two servers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/fuzz/differential/stream.h"
#include "tests/support/raw_socket.h"

namespace overtake::tests {

struct ExchangeCounts {
  uint64_t streams = 0;
  uint64_t steps = 0;
  uint64_t commands = 0;
  uint64_t connections = 0;     // to each server
  uint64_t bytes_sent = 0;      // to each server
  uint64_t bytes_compared = 0;  // of the reference's replies

  void Add(const ExchangeCounts& other);
};

// How long servers may be silent before a reply is taken for complete.
struct Patience {
  // Both are silent: perhaps they wait for more bytes, since the step's last command went into a
  // data block. Then the connection is ended, which shows what they make of it.
  std::chrono::milliseconds both_silent{200 * kPatience};
  // One has answered, the other will hardly.
  std::chrono::milliseconds one_silent = kGiveUp;
};

struct Difference {
  size_t step = 0;
  std::string text = {};     // for people
  bool both_silent = false;  // neither answered, until the connection was ended
  bool chance = false;       // see ReplyComparison::chance
};

// Where the two listen, on 127.0.0.1.
struct ServerPorts {
  int reference;
  int ours;
  bool translate;  // for the reference, which is 1.6.18 (translation.h)
};

// Empties both servers (flush_all), then sends them the stream step by step, each time waiting for
// both replies before the next step, so that what they answer does not depend on threads. In the
// end their counters are compared. Returns the first difference, if there is one. *counts is added
// to.
std::optional<Difference> RunStream(const ServerPorts& ports, const Stream& stream,
                                    const Patience& patience, ExchangeCounts* counts);

}  // namespace overtake::tests
