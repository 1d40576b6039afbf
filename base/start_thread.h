// A thread, or what the system has against it.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

namespace overtake {

// std::thread's constructor, but that its std::system_error says what could not be done.
template <typename Function>
std::thread StartThread(Function function) {
  try {
    return std::thread(std::move(function));
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), "cannot start a thread");
  }
}

}  // namespace overtake
