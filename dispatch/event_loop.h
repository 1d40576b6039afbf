// One thread's event loop.
#pragma once

#include <event2/event.h>

#include <atomic>
#include <memory>

namespace overtake {

struct EventDeleter {
  void operator()(event* e) const { event_free(e); }
};
using EventPtr = std::unique_ptr<event, EventDeleter>;

// libevent's event_base for a thread that has work of its own between two waits, and that
// other threads can wake. Callbacks run inside Wait; they should only take note of what happened.
class EventLoop {
 public:
  EventLoop();  // std::system_error: out of descriptors
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  event_base* base() { return base_.get(); }

  // The loop's thread. Waits once for events and runs their callbacks. With `block` false, or when
  // Wake was called since the last Wait, it only takes the events that are there.
  // Before it returns it is awake: what is left for it after that moment comes with another Wake.
  void Wait(bool block);

  // Any thread. Ends the Wait that blocks now, or keeps the next one from blocking. Costs a system
  // call only when the thread really sleeps.
  void Wake();

 private:
  // kAwake -> kSleeping: the loop's thread, about to block.
  // any -> kNotified: the caller of Wake; where it was kSleeping, that caller also writes to
  // wake_fd_. any -> kAwake: the loop's thread, after the wait.
  enum State : int { kAwake, kSleeping, kNotified };

  struct BaseDeleter {
    void operator()(event_base* base) const { event_base_free(base); }
  };

  std::unique_ptr<event_base, BaseDeleter> base_;
  int wake_fd_;
  EventPtr wake_event_;
  alignas(64) std::atomic<int> state_{kAwake};
};

}  // namespace overtake
