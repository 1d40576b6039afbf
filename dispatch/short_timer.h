// A timer for less than a millisecond.
#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "dispatch/event_loop.h"

namespace overtake {

// Goes off once, some microseconds after it was set, in the loop of one thread, whose alone it is.
// libevent's own timers are whole milliseconds, or else cost every loop a system call more.
class ShortTimer {
 public:
  // Throws std::system_error when the system refuses a descriptor.
  ShortTimer(EventLoop* loop, std::function<void()> on_time)
      : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        on_time_(std::move(on_time)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot create a timer");
    // Edge-triggered: going off is an event of its own, and nothing has to be read.
    event_.reset(event_new(
        loop->base(), fd_, EV_READ | EV_ET | EV_PERSIST,
        [](int, short, void* self) { static_cast<ShortTimer*>(self)->GoOff(); }, this));
    event_add(event_.get(), nullptr);
  }
  ~ShortTimer() {
    event_.reset();
    close(fd_);
  }
  ShortTimer(const ShortTimer&) = delete;
  ShortTimer& operator=(const ShortTimer&) = delete;

  // Does nothing while it is set already.
  void Set(int micros) {
    if (std::exchange(set_, true)) return;
    itimerspec when = {};
    when.it_value.tv_nsec = micros * 1000L;
    timerfd_settime(fd_, 0, &when, nullptr);
  }

 private:
  void GoOff() {
    set_ = false;
    on_time_();
  }

  const int fd_;
  bool set_ = false;
  const std::function<void()> on_time_;
  EventPtr event_;
};

}  // namespace overtake
