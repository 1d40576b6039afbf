#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {

// When requests are due.
//
//   poisson        independent of each other: exponential gaps
//   uniform        all gaps the same
//   bursty:ON:OFF  for ON milliseconds a Poisson process, for OFF milliseconds nothing, in turn,
//                  beginning with ON; the rate is that of both together
class ArrivalProcess {
 public:
  // A Poisson process.
  ArrivalProcess() = default;

  // An InvalidArgumentError says what is allowed.
  static absl::StatusOr<ArrivalProcess> Parse(absl::string_view text);

  // The times, ascending, in nanoseconds from 0 to `duration_ns`, exclusive. `rate` is in requests
  // a second; 0: none.
  std::vector<int64_t> Draw(double rate, int64_t duration_ns, std::mt19937_64& random) const;

  // What Parse was given.
  const std::string& text() const { return text_; }

 private:
  friend class ArrivalTimes;
  enum class Kind { kPoisson, kUniform, kBursty };

  Kind kind_ = Kind::kPoisson;
  double on_ns_ = 0, off_ns_ = 0;  // kBursty
  std::string text_ = "poisson";
};

// The times of one process, one after the other.
class ArrivalTimes {
 public:
  // `rate` is in requests a second, above 0.
  ArrivalTimes(const ArrivalProcess& process, double rate)
      : process_(process), gap_ns_(1e9 / rate) {}

  // When the next request is due, in nanoseconds from the beginning, given a random number that is
  // evenly distributed over [0, 1).
  double NextNs(double uniform);

 private:
  ArrivalProcess process_;
  double gap_ns_;        // on average
  double clock_ns_ = 0;  // kBursty: stands still between bursts
};

}  // namespace overtake::bench
