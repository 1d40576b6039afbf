#include "server/clock.h"

#include <algorithm>
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
  MutexLock lock(&mutex_);
  if (paused_) return;
  Set(std::max<int64_t>(SystemSeconds(CLOCK_MONOTONIC) - monotonic_base_ + shift_, 1));
}

void Clock::Shift(int64_t seconds) {
  // A century is enough; nothing overflows.
  constexpr int64_t kMost = int64_t{100} * 366 * 24 * 60 * 60;
  MutexLock lock(&mutex_);
  shift_ = std::clamp(shift_ + std::clamp(seconds, -kMost, kMost), -kMost, kMost);
  Set(std::clamp<int64_t>(Now() + std::clamp(seconds, -kMost, kMost), 1, kMost));
}

void Clock::Pause(bool paused) {
  MutexLock lock(&mutex_);
  paused_ = paused;
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
