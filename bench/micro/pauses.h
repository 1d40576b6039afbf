// How long single operations of the store take, the longest ones above all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/histogram.h"

namespace overtake::bench {

struct Pauses {
  std::string what;
  std::unique_ptr<Histogram> nanoseconds;  // of each operation
  // Operations longer than kLong, and those of them during which the system took the processor from
  // the thread: by its scheduler, that is; what a hypervisor does shows nowhere but in the time.
  uint64_t longer = 0;
  uint64_t switched_out = 0;

  static constexpr uint64_t kLongNs = 1'000'000;
};

// Called now and then with the share that is done, 0 to 1.
using PauseProgress = std::function<void(double)>;

// Each operation on one thread, one after the other; the store has its background thread.

// Sets of new keys in a store of `memory` bytes that is full before the first one is counted: each
// has to be paid for by an eviction. Values of 100 bytes.
Pauses PausesOfEviction(uint64_t memory, uint64_t operations, const PauseProgress& progress);

// Sets of new keys in a store with room for all of them, from the 1,000th item to the
// `items`-th: the index grows all the while. Values of 20 bytes.
Pauses PausesOfGrowth(uint64_t items, const PauseProgress& progress);

// No store at all: as many rounds as these operations had, of arithmetic that takes about
// `operation_ns`. What is long here is the machine's own doing.
Pauses PausesOfMachine(uint64_t rounds, uint64_t operation_ns, const PauseProgress& progress);

}  // namespace overtake::bench
