#include "server/storage/hash_seed.h"

#include <sys/random.h>

#include <chrono>

namespace overtake {

uint64_t RandomHashSeed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed)) return seed;
  const auto now = std::chrono::high_resolution_clock::now().time_since_epoch().count();
  return static_cast<uint64_t>(now) * 0x9E3779B97F4A7C15ULL ^ reinterpret_cast<uintptr_t>(&seed);
}

}  // namespace overtake
