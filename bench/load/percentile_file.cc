#include "bench/load/percentile_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace overtake::bench {
namespace {

constexpr double kStepsPerHalving = 5;
constexpr double kNsPerUs = 1000;

double StandardDeviation(const Histogram& histogram, uint64_t count) {
  if (count == 0) return 0;
  const double mean = histogram.Mean();
  double squares = 0;
  histogram.ForEachBucket([&](uint64_t low, uint64_t high, uint64_t in_bucket) {
    const double distance = (static_cast<double>(low) + static_cast<double>(high)) / 2 - mean;
    squares += distance * distance * static_cast<double>(in_bucket);
  });
  return std::sqrt(squares / static_cast<double>(count));
}

// The next percentile (0 to 100, where the first steps are exact) to be printed: a step is a fifth
// of half of what is left above.
double NextTick(double tick) {
  const double halvings = std::floor(std::log2(100 / (100 - tick))) + 1;
  return tick + 100 / (kStepsPerHalving * std::exp2(halvings));
}

}  // namespace

std::string PercentileText(const Histogram& nanoseconds) {
  const uint64_t count = nanoseconds.count();
  std::string text = absl::StrFormat("%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
                                     "1/(1-Percentile)");
  uint64_t seen = 0;
  double tick = 0;
  nanoseconds.ForEachBucket([&](uint64_t, uint64_t high, uint64_t in_bucket) {
    seen += in_bucket;
    const double percent = 100 * static_cast<double>(seen) / static_cast<double>(count);
    const double us = static_cast<double>(std::min<uint64_t>(high, nanoseconds.Max())) / kNsPerUs;
    const auto print = [&] {
      absl::StrAppendFormat(&text, "%12.3f %2.12f %10d %14.2f\n", us, tick / 100, seen,
                            100 / (100 - tick));
      tick = NextTick(tick);
    };
    // The last bucket has one line at the next step, and one at the end.
    if (seen == count) {
      print();
      absl::StrAppendFormat(&text, "%12.3f %2.12f %10d\n", us, 1.0, seen);
    }
    while (seen < count && tick <= percent) print();
  });
  absl::StrAppendFormat(&text, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
                        nanoseconds.Mean() / kNsPerUs,
                        StandardDeviation(nanoseconds, count) / kNsPerUs);
  absl::StrAppendFormat(&text, "#[Max     = %12.3f, Total count    = %12d]\n",
                        static_cast<double>(nanoseconds.Max()) / kNsPerUs, count);
  const int precision = nanoseconds.precision_bits();
  absl::StrAppendFormat(&text, "#[Buckets = %12d, SubBuckets     = %12d]\n",
                        Histogram::kValueBits - precision + 1, 1 << precision);
  return text;
}

absl::Status WritePercentiles(const std::string& path, const Histogram& nanoseconds) {
  std::ofstream file(path);
  file << PercentileText(nanoseconds) << std::flush;
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace overtake::bench
