#include "base/ticks.h"

#include <unistd.h>

#include <chrono>

namespace overtake {
namespace {

struct Reading {
  uint64_t ticks;
  std::chrono::steady_clock::time_point time;
};

Reading Now() { return {Ticks(), std::chrono::steady_clock::now()}; }

// Read at start-up, so that a later question has a long time to divide by.
const Reading first = Now();

}  // namespace

double TicksPerMicrosecond() {
  constexpr auto kShortest = std::chrono::milliseconds(2);
  Reading now = Now();
  if (now.time - first.time < kShortest) {
    usleep(2000);
    now = Now();
  }
  const std::chrono::duration<double, std::micro> elapsed = now.time - first.time;
  return static_cast<double>(now.ticks - first.ticks) / elapsed.count();
}

}  // namespace overtake
