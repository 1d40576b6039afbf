#include "bench/load/arrivals.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "bench/clock.h"
#include "bench/distributions.h"

namespace overtake::bench {
namespace {

constexpr double kMinPhaseMs = 0.01;
constexpr double kMaxPhaseMs = 60'000;

bool ParsePhase(absl::string_view text, double* ns) {
  double ms = 0;
  if (!absl::SimpleAtod(text, &ms) || !(ms >= kMinPhaseMs && ms <= kMaxPhaseMs)) return false;
  *ns = ms * kNsPerMs;
  return true;
}

}  // namespace

absl::StatusOr<ArrivalProcess> ArrivalProcess::Parse(absl::string_view text) {
  ArrivalProcess process;
  process.text_ = std::string(text);
  if (text == "poisson") return process;
  if (text == "uniform") {
    process.kind_ = Kind::kUniform;
    return process;
  }
  if (absl::ConsumePrefix(&text, "bursty:")) {
    const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
    process.kind_ = Kind::kBursty;
    if (parts.size() == 2 && ParsePhase(parts[0], &process.on_ns_) &&
        ParsePhase(parts[1], &process.off_ns_)) {
      return process;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", process.text_, "\": arrivals are poisson, uniform or bursty:ON:OFF, with ",
                   "ON and OFF from 0.01 to 60000 milliseconds"));
}

std::vector<int64_t> ArrivalProcess::Draw(double rate, int64_t duration_ns,
                                          std::mt19937_64& random) const {
  std::vector<int64_t> due;
  if (rate <= 0) return due;
  ArrivalTimes times(*this, rate);
  while (true) {
    const double next_ns = times.NextNs(UniformFrom(random()));
    if (next_ns >= static_cast<double>(duration_ns)) return due;
    due.push_back(static_cast<int64_t>(next_ns));
  }
}

double ArrivalTimes::NextNs(double uniform) {
  if (process_.kind_ == ArrivalProcess::Kind::kUniform) return clock_ns_ += gap_ns_;
  const double gap_ns = gap_ns_ * -std::log1p(-uniform);
  if (process_.kind_ == ArrivalProcess::Kind::kPoisson) return clock_ns_ += gap_ns;
  // A burst is a piece of a faster process.
  const double on_ns = process_.on_ns_, off_ns = process_.off_ns_;
  clock_ns_ += gap_ns * on_ns / (on_ns + off_ns);
  return clock_ns_ + std::floor(clock_ns_ / on_ns) * off_ns;
}

}  // namespace overtake::bench
