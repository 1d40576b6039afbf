// A clock cheap enough to read for every request.
#pragma once

#include <cstdint>
#include <ctime>

namespace overtake {

// A monotonic count of ticks, the same on all cores. Its unit is known to TicksPerMicrosecond only.
inline uint64_t Ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t ticks;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000U + static_cast<uint64_t>(now.tv_nsec);
#endif
}

// Measured against the system's clock over the time since the process first asked (at least 2 ms,
// which the first call waits for). Any thread.
double TicksPerMicrosecond();

}  // namespace overtake
