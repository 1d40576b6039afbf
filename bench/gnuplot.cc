#include "bench/gnuplot.h"

#include <errno.h>
#include <stdio.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "bench/program_path.h"

namespace overtake::bench {

std::string GnuplotText(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}, {"\n", " "}}), "'");
}

absl::Status RunGnuplot(const std::string& script, const std::string& svg_path) {
  if (FindInPath("gnuplot").empty()) return absl::NotFoundError("gnuplot is not installed");
  FILE* gnuplot = popen("gnuplot", "w");
  if (gnuplot == nullptr) return absl::ErrnoToStatus(errno, "cannot run gnuplot");
  const bool written = fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
  const bool succeeded = pclose(gnuplot) == 0;
  if (written && succeeded) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("gnuplot could not draw ", svg_path));
}

}  // namespace overtake::bench
