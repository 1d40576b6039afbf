#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/simulate/random.h"

namespace overtake::bench::simulate {

// How long the execution of a request takes, in microseconds.
class ServiceTime {
 public:
  static ServiceTime Fixed(double us);
  static ServiceTime Exponential(double mean_us);
  // `long_us` with the probability `long_share`, otherwise `short_us`.
  static ServiceTime Bimodal(double short_us, double long_us, double long_share);
  // `sigma` is the standard deviation of the logarithm.
  static ServiceTime LogNormal(double mean_us, double sigma);

  // "fixed:US", "exponential:US", "bimodal:SHORT:LONG:SHARE", "lognormal:MEAN:SIGMA".
  static absl::StatusOr<ServiceTime> Parse(absl::string_view text);

  double Draw(Random& random) const;

  // Moments, for the theory: E[S], E[S^2].
  double Mean() const;
  double SecondMoment() const;

  // As Parse reads it.
  std::string ToString() const;

 private:
  enum class Kind { kFixed, kExponential, kBimodal, kLogNormal };

  ServiceTime(Kind kind, double a, double b = 0, double c = 0) : kind_(kind), a_(a), b_(b), c_(c) {}

  Kind kind_;
  double a_, b_, c_;  // in the order of Parse's text
};

}  // namespace overtake::bench::simulate
