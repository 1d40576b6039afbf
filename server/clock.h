// The server's sense of time.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "dispatch/mutex.h"
#include "server/storage/store.h"

namespace overtake {

// Whole seconds, counted from a little before the process started, and read from memory: requests
// make no system call for the time. One thread ticks it, any thread reads it.
class Clock {
 public:
  Clock();

  // Brings the clock up to the system's monotonic time. The ticking thread only.
  void Tick();

  // For tests of what depends on time; any thread. Shift moves the clock at once, and for good, but
  // not before second 1. A paused clock stands still until it is resumed, but for shifts.
  void Shift(int64_t seconds);
  void Pause(bool paused);

  Seconds Now() const { return now_.load(std::memory_order_relaxed); }
  Seconds Uptime() const { return Now() - kStart; }
  int64_t UnixTime() const { return UnixTimeOf(Now()); }
  int64_t UnixTimeOf(Seconds time) const { return unix_base_ + time; }

  // When an item with this exptime expires, by memcached's rules: 0 never; up to 30 days relative;
  // beyond that a Unix time; negative at once.
  Seconds Expiry(int32_t exptime) const;

 private:
  // Times before the start must be representable: what lies in the past expires at 1.
  static constexpr Seconds kStart = 62;

  void Set(int64_t seconds) {
    now_.store(static_cast<Seconds>(seconds), std::memory_order_relaxed);
  }

  std::atomic<Seconds> now_{kStart};  // written under mutex_
  Mutex mutex_;
  int64_t shift_ ABSL_GUARDED_BY(mutex_) = 0;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t unix_base_;       // Unix time of second 0
  int64_t monotonic_base_;  // CLOCK_MONOTONIC of second 0
};

}  // namespace overtake
