#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace overtake::bench::simulate {

// A queue whose mean wait or response is known exactly, simulated by one of the architectures: the
// same code that everything else here is simulated with, with all costs but execution at 0.
struct ValidationRow {
  std::string queue;     // "M/M/16, load 0.9"
  std::string model;     // which architecture, and how it becomes this queue
  std::string quantity;  // "wait" or "response"
  double theory_us = 0;
  double simulated_us = 0;
  double standard_error_us = 0;  // of the simulated mean

  // Of the simulated value, relative to the theory's.
  double Error() const { return simulated_us / theory_us - 1; }
};

// The agreement that is asked for, relative, with kValidationRequests requests a queue.
inline constexpr double kValidationTolerance = 0.02;
inline constexpr uint64_t kValidationRequests = 10'000'000;

int ValidationCount();
std::string ValidationName(int index);
// One of the queues, with about so many requests (queues that need more have four times
// as many, the one whose requests interrupt each other a tenth). `tick`
// is called now and then.
ValidationRow Validate(int index, uint64_t requests, uint64_t seed,
                       const std::function<void()>& tick);

std::string ToTable(const std::vector<ValidationRow>& rows);
nlohmann::json ToJson(const ValidationRow& row);

}  // namespace overtake::bench::simulate
