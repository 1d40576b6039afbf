#include "bench/load/service_time.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace overtake::bench {
namespace {

constexpr double kMinMicros = 0.001;
constexpr char kForms[] =
    "a service time is fixed:MEAN, exp:MEAN, bimodal:SHARE:SHORT:LONG, bimodal-90-10:MEAN, "
    "bimodal-99.5-0.5:MEAN, pareto:MEAN:SHAPE or lognormal:MEAN:SIGMA, times in microseconds from "
    "0.001 to 10000000, SHARE from 0 to 1, SHAPE from 1.01 to 100, SIGMA from 0 to 4";

bool Within(double value, double low, double high) { return value >= low && value <= high; }

bool IsTime(double micros) { return Within(micros, kMinMicros, ServiceTime::kMaxMicros); }

// The normal distribution's quantiles, to seven digits: Wichura, Algorithm AS 241 (PPND7), Applied
// Statistics 37(3), 1988.
double NormalQuantile(double q) {
  const double centred = q - 0.5;
  if (std::abs(centred) <= 0.425) {
    const double r = 0.180625 - centred * centred;
    return centred * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
           (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  double r = std::sqrt(-std::log(std::max(std::min(q, 1 - q), 1e-300)));
  if (r <= 5) {
    r -= 1.6;
    r = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) /
        ((0.12021132975 * r + 0.73700164250) * r + 1);
  } else {
    r -= 5;
    r = (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150) /
        ((0.012258202635 * r + 0.24197894225) * r + 1);
  }
  return centred < 0 ? -r : r;
}

}  // namespace

ServiceTime ServiceTime::Fixed(double micros) {
  return {Kind::kFixed, absl::StrCat("fixed:", micros), micros};
}

ServiceTime ServiceTime::Exponential(double mean) {
  return {Kind::kExponential, absl::StrCat("exp:", mean), mean};
}

ServiceTime ServiceTime::Bimodal(double share, double short_micros, double long_micros) {
  return {Kind::kBimodal, absl::StrCat("bimodal:", share, ":", short_micros, ":", long_micros),
          share, short_micros, long_micros};
}

ServiceTime ServiceTime::LogNormal(double mean, double sigma) {
  return {Kind::kLogNormal, absl::StrCat("lognormal:", mean, ":", sigma), mean, sigma};
}

absl::StatusOr<ServiceTime> ServiceTime::Parse(absl::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat("\"", text, "\": ", kForms));
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  std::vector<double> numbers(parts.size() - 1);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!absl::SimpleAtod(parts[i + 1], &numbers[i])) return wrong;
  }
  const auto is = [&](absl::string_view name, size_t count) {
    return parts[0] == name && numbers.size() == count;
  };
  ServiceTime time = Fixed(1);
  if (is("bimodal", 3)) {
    if (!Within(numbers[0], 0, 1) || !IsTime(numbers[1]) || !IsTime(numbers[2])) return wrong;
    time = Bimodal(numbers[0], numbers[1], numbers[2]);
  } else if (numbers.empty() || !IsTime(numbers[0])) {
    return wrong;
  } else if (is("fixed", 1)) {
    time = Fixed(numbers[0]);
  } else if (is("exp", 1)) {
    time = Exponential(numbers[0]);
  } else if (is("bimodal-90-10", 1)) {
    time = Bimodal(0.9, 0.5 * numbers[0], 5.5 * numbers[0]);
  } else if (is("bimodal-99.5-0.5", 1)) {
    const double short_micros = numbers[0] / (0.995 + 0.005 * 1000);
    time = Bimodal(0.995, short_micros, 1000 * short_micros);
  } else if (is("pareto", 2) && Within(numbers[1], 1.01, 100)) {
    time = ServiceTime(Kind::kPareto, "", numbers[0], numbers[1]);
  } else if (is("lognormal", 2) && Within(numbers[1], 0, 4)) {
    time = LogNormal(numbers[0], numbers[1]);
  } else {
    return wrong;
  }
  time.text_ = std::string(text);
  return time;
}

double ServiceTime::Quantile(double q) const {
  double micros = a_;
  switch (kind_) {
    case Kind::kFixed:
      break;
    case Kind::kExponential:
      micros = -a_ * std::log1p(-q);
      break;
    case Kind::kBimodal:
      micros = q < a_ ? b_ : c_;
      break;
    case Kind::kPareto:
      micros = a_ * (b_ - 1) / b_ * std::pow(1 - q, -1 / b_);
      break;
    case Kind::kLogNormal:
      // The mean of exp(mu + sigma N) is exp(mu + sigma^2 / 2).
      micros = a_ * std::exp(b_ * NormalQuantile(q) - b_ * b_ / 2);
      break;
  }
  return std::min(micros, kMaxMicros);
}

double ServiceTime::Mean() const { return kind_ == Kind::kBimodal ? a_ * b_ + (1 - a_) * c_ : a_; }

double ServiceTime::SecondMoment() const {
  switch (kind_) {
    case Kind::kFixed:
      break;
    case Kind::kExponential:
      return 2 * a_ * a_;
    case Kind::kBimodal:
      return a_ * b_ * b_ + (1 - a_) * c_ * c_;
    case Kind::kPareto:
      // Of the least time squared, shape / (shape - 2).
      return b_ > 2 ? a_ * a_ * (b_ - 1) * (b_ - 1) / (b_ * (b_ - 2))
                    : std::numeric_limits<double>::infinity();
    case Kind::kLogNormal:
      return a_ * a_ * std::exp(b_ * b_);
  }
  return a_ * a_;
}

}  // namespace overtake::bench
