#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/histogram.h"

namespace overtake::bench {

// The percentiles of a histogram of nanoseconds as text, values in microseconds, in the form that
// HdrHistogram's outputPercentileDistribution prints and its plotters read (".hgrm"): five steps
// for each halving of what is left above.
std::string PercentileText(const Histogram& nanoseconds);

// Writes it to `path`.
absl::Status WritePercentiles(const std::string& path, const Histogram& nanoseconds);

}  // namespace overtake::bench
