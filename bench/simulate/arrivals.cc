#include "bench/simulate/arrivals.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace overtake::bench::simulate {

absl::StatusOr<Arrivals::Kind> Arrivals::Parse(absl::string_view name) {
  if (name == "poisson") return Kind::kPoisson;
  if (name == "uniform") return Kind::kUniform;
  if (name == "bursty") return Kind::kBursty;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", name, "\" are no arrivals: poisson, uniform or bursty"));
}

double Arrivals::Next(Random& random) {
  switch (kind_) {
    case Kind::kPoisson:
      return now_us_ += random.Exponential(gap_us_);
    case Kind::kUniform:
      return now_us_ += gap_us_;
    case Kind::kBursty:
      break;
  }
  // A Poisson process on the time within bursts, which is then stretched by the silences.
  constexpr double kBurstUs = kBurstCycleUs / kBurstFactor;
  sending_us_ += random.Exponential(gap_us_ / kBurstFactor);
  const double cycles = std::floor(sending_us_ / kBurstUs);
  return now_us_ = cycles * kBurstCycleUs + (sending_us_ - cycles * kBurstUs);
}

}  // namespace overtake::bench::simulate
