#include "dispatch/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <new>
#include <system_error>

namespace overtake {
namespace {

event_base* NewBase() {
  event_config* const config = event_config_new();
  if (config == nullptr) throw std::bad_alloc();
  // Each base belongs to one thread; libevent's locks would only cost.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

}  // namespace

EventLoop::EventLoop() : base_(NewBase()), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (base_ == nullptr || wake_fd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot create an event loop");
  }
  // Edge-triggered: each write is an event of its own, and the counter never needs to be read.
  wake_event_.reset(event_new(
      base_.get(), wake_fd_, EV_READ | EV_ET | EV_PERSIST, [](int, short, void*) {}, nullptr));
  event_add(wake_event_.get(), nullptr);
}

EventLoop::~EventLoop() {
  wake_event_.reset();
  base_.reset();
  close(wake_fd_);
}

void EventLoop::Wait(bool block) {
  int awake = kAwake;
  const bool sleep =
      block && state_.compare_exchange_strong(awake, kSleeping, std::memory_order_seq_cst);
  event_base_loop(base_.get(), sleep ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
  state_.exchange(kAwake, std::memory_order_acq_rel);
}

void EventLoop::Wake() {
  if (state_.exchange(kNotified, std::memory_order_acq_rel) != kSleeping) return;
  const uint64_t one = 1;
  // Cannot fail: the counter would have to reach 2^64-1.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

}  // namespace overtake
