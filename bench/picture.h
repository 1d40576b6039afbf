#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/summary.h"

namespace overtake::bench {

// One line of the picture. Microseconds.
struct PictureRow {
  std::string name;
  Spread alone;
  Spread with_heavy;  // median 0: not measured
};

struct Picture {
  std::string title;
  std::string subtitle;
  std::vector<PictureRow> rows;  // from top to bottom
};

// Draws the rows on a logarithmic axis, each with two marks that differ in shape as well as in
// colour, their values beside them and the spread over the rounds as a whisker. Writes SVG with
// gnuplot; a NotFoundError when that is not installed.
absl::Status Draw(const Picture& picture, const std::string& svg_path);

}  // namespace overtake::bench
