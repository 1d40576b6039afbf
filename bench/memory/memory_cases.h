#pragma once

#include <string>
#include <vector>

#include "bench/memory/workload.h"

namespace overtake::bench {

// One question that the comparison of stores asks.
struct MemoryCase {
  std::string name;         // as --cases and tables give it
  std::string description;  // what is replayed
  Workload workload;        // its seed is the round's
  std::vector<int> memories_mb;
};

// All of them, in the order of the report.
const std::vector<MemoryCase>& MemoryCases();

// What to replay against servers of `memory_mb` in a round.
Workload WorkloadOf(const MemoryCase& memory_case, int memory_mb, uint64_t seed);

}  // namespace overtake::bench
