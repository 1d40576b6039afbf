#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {

// Of Okabe and Ito's palette: told apart with any colour vision. Blue, vermilion, bluish green,
// reddish purple, orange, sky blue.
inline constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73",
                                           "#CC79A7", "#E69F00", "#56B4E9"};

// `text` as a string of gnuplot's language, its quotes included.
std::string GnuplotText(absl::string_view text);

// Has gnuplot run `script`, which draws to `svg_path`; a NotFoundError when that is not installed.
absl::Status RunGnuplot(const std::string& script, const std::string& svg_path);

}  // namespace overtake::bench
