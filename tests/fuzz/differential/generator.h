// Streams, one for each seed.
#pragma once

#include <cstdint>

#include "tests/fuzz/differential/stream.h"

namespace overtake::tests {

// A stream of some dozen commands on one to four connections: in pipelines, cut at random places,
// hostile here and there. The same seed gives the same stream.
Stream MakeStream(uint64_t seed);

}  // namespace overtake::tests
