#include "server/clock.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <utility>

namespace overtake {
namespace {

constexpr int64_t kSecond = 1'000'000'000;  // ns

int64_t Nanos(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

}  // namespace

SystemTime Clock::ReadSystem() { return {Nanos(CLOCK_REALTIME), Nanos(CLOCK_MONOTONIC)}; }

Clock::Clock(Source source) : source_(std::move(source)) {
  const SystemTime time = source_();
  // Where the monotonic clock has a full second, at which it is ticked.
  start_ns_ = time.monotonic_ns / kSecond * kSecond - kStart * kSecond;
  MutexLock lock(&mutex_);
  FollowWall(WallOrigin(time));
}

void Clock::Tick() {
  const SystemTime time = source_();
  MutexLock lock(&mutex_);
  if (paused_) return;
  // The two are never read at the same moment, and drift apart while one is being adjusted. Only
  // what is more is followed, so that seconds do not jump to and fro.
  constexpr int64_t kJitter = kSecond / 10;
  const int64_t origin = WallOrigin(time);
  if (std::abs(origin - followed_ns_) >= kJitter) FollowWall(origin);
  Set(std::max<int64_t>((time.monotonic_ns - start_ns_) / kSecond + shift_, 1));
}

void Clock::FollowWall(int64_t origin_ns) {
  followed_ns_ = origin_ns;
  unix_base_.store((origin_ns + kSecond / 2) / kSecond, std::memory_order_relaxed);
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

Seconds Clock::Expiry(int64_t exptime) const {
  constexpr int64_t kMaxRelative = 60 * 60 * 24 * 30;
  constexpr int64_t kPast = 1;
  if (exptime == 0) return 0;
  if (exptime < 0) return kPast;
  if (exptime <= kMaxRelative) return Now() + static_cast<Seconds>(exptime);
  const int64_t since_start = exptime - UnixTimeOf(0);
  return static_cast<Seconds>(std::clamp<int64_t>(since_start <= kStart ? kPast : since_start,
                                                  kPast, std::numeric_limits<Seconds>::max()));
}

}  // namespace overtake
