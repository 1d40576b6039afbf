// Sends streams to the server under test and compares what comes back.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/conformance/corpus.h"
#include "tests/conformance/record.h"

namespace overtake::tests {

// Where a stream is cut in two: within the bytes of one segment. Offset 0 is not cut at all.
struct Cut {
  size_t segment = 0;
  size_t offset = 0;
};

// Every place in a short stream; in a long one both ends, the surroundings of line ends and of
// buffer sizes.
std::vector<Cut> CutsOf(const Stream& stream);

struct Replay {
  const Stream* stream;
  const Reply* expected;
  Cut cut;
};

struct Difference {
  const Stream* stream;
  std::string message;
};

// Runs the replays against the server at `port`, up to `at_once` at a time, each on a connection of
// its own. After the expected bytes we close our half and read to the end, so that a byte too many
// is seen as well. Returns the first difference of each stream; gives up after some streams.
std::vector<Difference> RunReplays(int port, const std::vector<Replay>& replays, size_t at_once);

}  // namespace overtake::tests
