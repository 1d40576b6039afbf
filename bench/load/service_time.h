#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {

// A distribution of service times in microseconds, given by its inverse, so that one random number
// gives one time and quantiles need no sampling.
//
//   fixed:MEAN
//   exp:MEAN                 exponential
//   bimodal:SHARE:SHORT:LONG SHORT with probability SHARE, else LONG
//   bimodal-90-10:MEAN       bimodal:0.9 of MEAN/2 and 5.5 MEAN (Prekas et al., ZygOS, SOSP '17,
//                            section 3.1: bimodal-1)
//   bimodal-99.5-0.5:MEAN    bimodal:0.995, LONG a thousand times SHORT (Kaffes et al., Shinjuku,
//                            NSDI '19, section 5.1: 0.5 us and 500 us)
//   pareto:MEAN:SHAPE        heavy-tailed: P(X > x) ~ x^-SHAPE, SHAPE above 1
//   lognormal:MEAN:SIGMA     SIGMA is the standard deviation of the logarithm
//
// No time is longer than kMaxMicros, which is what a server can be asked for: that takes a little
// from a heavy tail's mean.
class ServiceTime {
 public:
  static constexpr double kMaxMicros = 10'000'000;

  // An InvalidArgumentError says what is allowed.
  static absl::StatusOr<ServiceTime> Parse(absl::string_view text);
  static ServiceTime Fixed(double micros);
  static ServiceTime Exponential(double mean);
  static ServiceTime Bimodal(double share, double short_micros, double long_micros);
  static ServiceTime LogNormal(double mean, double sigma);

  // The time that a share `q` (0 to 1) of requests do not exceed.
  double Quantile(double q) const;
  // Without the cut at kMaxMicros: E[S] and E[S^2]. The latter is infinite for a Pareto
  // distribution whose shape is not above 2.
  double Mean() const;
  double SecondMoment() const;
  // As Parse reads it.
  const std::string& text() const { return text_; }

 private:
  enum class Kind { kFixed, kExponential, kBimodal, kPareto, kLogNormal };

  ServiceTime(Kind kind, std::string text, double a, double b = 0, double c = 0)
      : kind_(kind), a_(a), b_(b), c_(c), text_(std::move(text)) {}

  Kind kind_;
  // kFixed, kExponential: the mean. kBimodal: share, short and long. kPareto: mean and shape.
  // kLogNormal: mean and sigma.
  double a_, b_, c_;
  std::string text_;
};

}  // namespace overtake::bench
