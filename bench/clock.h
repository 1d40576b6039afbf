#pragma once

#include <time.h>

#include <cstdint>

namespace overtake::bench {

inline constexpr int64_t kNsPerUs = 1'000;
inline constexpr int64_t kNsPerMs = 1'000'000;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;

// CLOCK_MONOTONIC in nanoseconds, the one clock of schedules and latencies.
inline int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace overtake::bench
