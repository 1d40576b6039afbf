#include "bench/simulate/service_time.h"

#include <cmath>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace overtake::bench::simulate {
namespace {

constexpr double kMaxUs = 1e7;
constexpr double kMaxSigma = 4;

absl::Status Refused(absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is no service time: fixed:US, exponential:US, bimodal:SHORT:LONG:SHARE or ",
      "lognormal:MEAN:SIGMA, with times from 0 to ", kMaxUs,
      " us, a share from 0 to 1 and a sigma ", "from 0 to ", kMaxSigma));
}

}  // namespace

ServiceTime ServiceTime::Fixed(double us) { return {Kind::kFixed, us}; }

ServiceTime ServiceTime::Exponential(double mean_us) { return {Kind::kExponential, mean_us}; }

ServiceTime ServiceTime::Bimodal(double short_us, double long_us, double long_share) {
  return {Kind::kBimodal, short_us, long_us, long_share};
}

ServiceTime ServiceTime::LogNormal(double mean_us, double sigma) {
  return {Kind::kLogNormal, mean_us, sigma};
}

absl::StatusOr<ServiceTime> ServiceTime::Parse(absl::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(text, ':');
  std::vector<double> numbers;
  for (size_t i = 1; i < words.size(); ++i) {
    double number = 0;
    // Written so that "nan" is refused, too.
    if (!absl::SimpleAtod(words[i], &number) || !(number >= 0 && number <= kMaxUs)) {
      return Refused(text);
    }
    numbers.push_back(number);
  }
  const auto is = [&](absl::string_view name, size_t count) {
    return words[0] == name && numbers.size() == count;
  };
  if (is("fixed", 1)) return Fixed(numbers[0]);
  if (is("exponential", 1)) return Exponential(numbers[0]);
  if (is("bimodal", 3) && numbers[2] <= 1) return Bimodal(numbers[0], numbers[1], numbers[2]);
  if (is("lognormal", 2) && numbers[1] <= kMaxSigma) return LogNormal(numbers[0], numbers[1]);
  return Refused(text);
}

double ServiceTime::Draw(Random& random) const {
  switch (kind_) {
    case Kind::kFixed:
      return a_;
    case Kind::kExponential:
      return random.Exponential(a_);
    case Kind::kBimodal:
      return random.Uniform() < c_ ? b_ : a_;
    case Kind::kLogNormal:
      // The mean of exp(mu + sigma N) is exp(mu + sigma^2 / 2).
      return a_ * std::exp(b_ * random.Normal() - b_ * b_ / 2);
  }
  return 0;
}

double ServiceTime::Mean() const { return kind_ == Kind::kBimodal ? a_ + (b_ - a_) * c_ : a_; }

double ServiceTime::SecondMoment() const {
  switch (kind_) {
    case Kind::kFixed:
      return a_ * a_;
    case Kind::kExponential:
      return 2 * a_ * a_;
    case Kind::kBimodal:
      return a_ * a_ * (1 - c_) + b_ * b_ * c_;
    case Kind::kLogNormal:
      return a_ * a_ * std::exp(b_ * b_);
  }
  return 0;
}

std::string ServiceTime::ToString() const {
  switch (kind_) {
    case Kind::kFixed:
      return absl::StrCat("fixed:", a_);
    case Kind::kExponential:
      return absl::StrCat("exponential:", a_);
    case Kind::kBimodal:
      return absl::StrCat("bimodal:", a_, ":", b_, ":", c_);
    case Kind::kLogNormal:
      return absl::StrCat("lognormal:", a_, ":", b_);
  }
  return "";
}

}  // namespace overtake::bench::simulate
