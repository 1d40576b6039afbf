#include "server/clock.h"

#include <ctime>

namespace overtake {
namespace {

int64_t SystemSeconds(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec;
}

}  // namespace

Clock::Clock()
    : unix_base_(SystemSeconds(CLOCK_REALTIME) - kStart),
      monotonic_base_(SystemSeconds(CLOCK_MONOTONIC) - kStart) {}

void Clock::Tick() {
  now_.store(static_cast<Seconds>(SystemSeconds(CLOCK_MONOTONIC) - monotonic_base_),
             std::memory_order_relaxed);
}

Seconds Clock::Expiry(int32_t exptime) const {
  constexpr int32_t kMaxRelative = 60 * 60 * 24 * 30;
  constexpr Seconds kPast = 1;
  if (exptime == 0) return 0;
  if (exptime < 0) return kPast;
  if (exptime <= kMaxRelative) return Now() + static_cast<Seconds>(exptime);
  const int64_t since_start = exptime - unix_base_;
  return since_start <= static_cast<int64_t>(kStart) ? kPast : static_cast<Seconds>(since_start);
}

}  // namespace overtake
