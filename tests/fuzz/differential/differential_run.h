// Many streams, one mode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/fuzz/differential/exchange.h"
#include "tests/support/modes.h"

namespace overtake::tests {

struct DifferentialOptions {
  uint64_t seed = 1;
  uint64_t commands = 100'000;  // to be sent, at least
  std::vector<uint64_t> streams =
      {};                            // if not empty, the seeds of the streams to run, and no others
  size_t shrink_attempts = 500;      // for each difference
  size_t give_up_after = 10;         // differences
  uint64_t restart_after = 100'000;  // commands: then both servers are started anew
};

struct DifferentialResult {
  ExchangeCounts counts;
  // For people: seed, smallest stream, and what differs in it.
  std::vector<std::string> differences;
  // The same for streams that made a difference once, and none in several repetitions.
  std::vector<std::string> not_repeated;
  // Those that did not repeat where memcached leaves it to chance (ReplyComparison::chance).
  uint64_t left_to_chance = 0;
  bool servers_ended_well = true;

  bool ok() const { return differences.empty() && not_repeated.empty() && servers_ended_well; }
};

// Sends streams to memcached and to the server under test in this mode, and compares.
// `progress` is called after each stream.
DifferentialResult RunDifferential(const Mode& mode, const DifferentialOptions& options,
                                   const std::function<void(const DifferentialResult&)>& progress);

}  // namespace overtake::tests
