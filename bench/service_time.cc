#include "bench/service_time.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace overtake::bench {
namespace {

constexpr double kMinMicros = 0.001;
constexpr char kForms[] =
    "a service time is fixed:MEAN, exp:MEAN, bimodal:SHARE:SHORT:LONG, bimodal-90-10:MEAN, "
    "bimodal-99.5-0.5:MEAN or pareto:MEAN:SHAPE, times in microseconds from 0.001 to 10000000, "
    "SHARE from 0 to 1, SHAPE from 1.01 to 100";

bool Within(double value, double low, double high) { return value >= low && value <= high; }

bool IsTime(double micros) { return Within(micros, kMinMicros, ServiceTime::kMaxMicros); }

}  // namespace

ServiceTime ServiceTime::Fixed(double micros) {
  ServiceTime time(Kind::kFixed, micros, 0, 0);
  time.text_ = absl::StrCat("fixed:", micros);
  return time;
}

ServiceTime ServiceTime::Bimodal(double share, double short_micros, double long_micros) {
  return {Kind::kBimodal, share, short_micros, long_micros};
}

absl::StatusOr<ServiceTime> ServiceTime::Parse(absl::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat("\"", text, "\": ", kForms));
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  std::vector<double> numbers(parts.size() - 1);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!absl::SimpleAtod(parts[i + 1], &numbers[i])) return wrong;
  }
  const absl::string_view name = parts[0];
  ServiceTime time = Fixed(1);
  if (name == "bimodal") {
    if (numbers.size() != 3 || !Within(numbers[0], 0, 1) || !IsTime(numbers[1]) ||
        !IsTime(numbers[2])) {
      return wrong;
    }
    time = Bimodal(numbers[0], numbers[1], numbers[2]);
  } else {
    const size_t wanted = name == "pareto" ? 2 : 1;
    if (numbers.size() != wanted || !IsTime(numbers[0])) return wrong;
    const double mean = numbers[0];
    if (name == "fixed" || name == "exp") {
      time = ServiceTime(name == "fixed" ? Kind::kFixed : Kind::kExponential, mean, 0, 0);
    } else if (name == "bimodal-90-10") {
      time = Bimodal(0.9, 0.5 * mean, 5.5 * mean);
    } else if (name == "bimodal-99.5-0.5") {
      const double short_micros = mean / (0.995 + 0.005 * 1000);
      time = Bimodal(0.995, short_micros, 1000 * short_micros);
    } else if (name == "pareto" && Within(numbers[1], 1.01, 100)) {
      time = ServiceTime(Kind::kPareto, mean, numbers[1], 0);
    } else {
      return wrong;
    }
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
  }
  return std::min(micros, kMaxMicros);
}

double ServiceTime::Mean() const { return kind_ == Kind::kBimodal ? a_ * b_ + (1 - a_) * c_ : a_; }

}  // namespace overtake::bench
