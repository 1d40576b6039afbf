// Waiting for what happens soon, but not at once.
#pragma once

#include <chrono>
#include <thread>

#include "tests/support/raw_socket.h"

namespace overtake::tests {

// Waits until `condition` holds. False if it does not for so long that it never will; the limit
// only keeps a broken server from hanging the test.
template <typename Condition>
bool Eventually(const Condition& condition) {
  const auto give_up = std::chrono::steady_clock::now() + kGiveUp;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace overtake::tests
