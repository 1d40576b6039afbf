#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/simulate/random.h"

namespace overtake::bench::simulate {

// When the requests of a load are due. All its connections together are one process, and each
// request goes to one of them at random: for Poisson arrivals the same as a Poisson process on
// each.
class Arrivals {
 public:
  enum class Kind {
    kPoisson,
    kUniform,  // equal gaps
    kBursty,   // Poisson at kBurstFactor times the rate for 1 / kBurstFactor of the time, then none
  };
  static constexpr double kBurstFactor = 5;
  static constexpr double kBurstCycleUs = 10'000;  // a burst and the silence behind it

  // "poisson", "uniform" or "bursty".
  static absl::StatusOr<Kind> Parse(absl::string_view name);

  // REQUIRES: per_second > 0.
  Arrivals(Kind kind, double per_second) : kind_(kind), gap_us_(1e6 / per_second) {}

  // When the next request is due, in microseconds; each call moves on by one.
  double Next(Random& random);

  double per_us() const { return 1 / gap_us_; }

 private:
  Kind kind_;
  double gap_us_;  // on average
  double now_us_ = 0;
  double sending_us_ = 0;  // kBursty: of the time that has passed, what lay within bursts
};

}  // namespace overtake::bench::simulate
