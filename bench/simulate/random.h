#pragma once

#include <cstdint>
#include <random>

#include "bench/distributions.h"

namespace overtake::bench::simulate {

// Random numbers of the distributions that are needed here. The standard library's own differ from
// one library to the next; a seed must give the same run everywhere.
class Random {
 public:
  // `stream` tells apart what draws from the same seed.
  Random(uint64_t seed, uint64_t stream) : bits_(Mix(seed, stream)) {}

  double Uniform() { return UniformFrom(bits_()); }  // [0, 1)
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(Uniform() * bound); }

 private:
  std::mt19937_64 bits_;
};

}  // namespace overtake::bench::simulate
