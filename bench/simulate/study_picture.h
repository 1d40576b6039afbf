#pragma once

#include <string>

#include "absl/status/status.h"
#include "bench/simulate/study.h"

namespace overtake::bench::simulate {

// Draws as SVG, with gnuplot: for each size of machine, p99 of light requests against offered load,
// and the requests a second that each mode reaches by number of cores. A NotFoundError when gnuplot
// is not installed.
absl::Status DrawStudy(const Study& study, const StudyOptions& options,
                       const std::string& svg_path);

}  // namespace overtake::bench::simulate
