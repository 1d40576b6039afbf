#pragma once

#include <cstdint>
#include <vector>

#include "bench/load/load_class.h"

namespace overtake::bench {

// When a request is due, and what it is.
struct Arrival {
  int64_t due_ns;       // from the start of the run
  uint32_t connection;  // [0, connections)
  uint32_t first_key;   // position in KeyRing, [0, key_count)
  uint32_t micros;      // service time that is asked for; kSpin, kSleep
};

// All requests of `load` within `duration_ns`, by due time. The same arguments give the same
// schedule: every server of a comparison is sent the same requests at the same times. Times,
// connections, keys and service times are drawn independently of each other, so that a change of
// one leaves the others as they are.
std::vector<Arrival> MakeSchedule(const LoadClass& load, int64_t duration_ns, uint64_t seed);

}  // namespace overtake::bench
