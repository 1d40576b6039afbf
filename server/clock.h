// The server's sense of time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "server/storage/store.h"

namespace overtake {

// What the system's two clocks say, in nanoseconds: the wall clock, since 1970, which somebody may
// set; and the monotonic one, since whenever, which goes on evenly.
struct SystemTime {
  int64_t wall_ns;
  int64_t monotonic_ns;
};

// Whole seconds, counted from a little before the process started, and read from memory: requests
// make no system call for the time. One thread ticks it, any thread reads it.
//
// They follow the monotonic clock, so that a relative exptime lasts as long as it says whatever
// happens to the wall clock. What is absolute, in requests and replies, is converted by what the
// wall clock said at the last tick: after it was set, it means the new time from the next second
// on. What was stored before expires as long after that as it would have without.
class Clock {
 public:
  using Source = std::function<SystemTime()>;

  // `source`, the system's clocks or a test's, is asked by the constructor and by Tick.
  explicit Clock(Source source = ReadSystem);
  static SystemTime ReadSystem();

  // Brings the clock up to the system's. The ticking thread only.
  void Tick();

  // For tests of what depends on time; any thread. Shift moves the clock at once, and for good, but
  // not before second 1: as if both of the system's clocks had gone on by that. A paused clock
  // stands still until it is resumed, but for shifts.
  void Shift(int64_t seconds);
  void Pause(bool paused);

  Seconds Now() const { return now_.load(std::memory_order_relaxed); }
  Seconds Uptime() const { return Now() - kStart; }
  int64_t UnixTime() const { return UnixTimeOf(Now()); }
  int64_t UnixTimeOf(Seconds time) const {
    return unix_base_.load(std::memory_order_relaxed) + time;
  }

  // When an item with this exptime expires, by memcached's rules: 0 never; up to 30 days relative;
  // beyond that a Unix time; negative at once. A time more than 136 years from the start, beyond
  // what Seconds can say, is that.
  Seconds Expiry(int64_t exptime) const;

 private:
  // Times before the start must be representable: what lies in the past expires at 1.
  static constexpr Seconds kStart = 62;

  void Set(int64_t seconds) {
    now_.store(static_cast<Seconds>(seconds), std::memory_order_relaxed);
  }
  // Second 0 of ours, in Unix time, as the wall clock has it.
  int64_t WallOrigin(const SystemTime& time) const {
    return time.wall_ns - (time.monotonic_ns - start_ns_);
  }
  void FollowWall(int64_t origin_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Source source_;
  int64_t start_ns_;                  // what the monotonic clock had at second 0; not changed
  std::atomic<Seconds> now_{kStart};  // written under mutex_
  std::atomic<int64_t> unix_base_;    // Unix time of second 0; written under mutex_
  Mutex mutex_;
  int64_t shift_ ABSL_GUARDED_BY(mutex_) = 0;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t followed_ns_ ABSL_GUARDED_BY(mutex_);  // the WallOrigin that unix_base_ is made of
};

}  // namespace overtake
