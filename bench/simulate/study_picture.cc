#include "bench/simulate/study_picture.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/gnuplot.h"

namespace overtake::bench::simulate {
namespace {

constexpr int kPanelWidth = 620;
constexpr int kHeight = 640;

// Modes differ in colour, in the shape of their points and, where one is a variant of another, in
// their dashes.
struct Style {
  absl::string_view mode;
  int colour;
  int point;
  int dashes;
};
constexpr Style kStyles[] = {{"node", 3, 13, 1},          {"memcached", 0, 7, 1},
                             {"reuseport", 5, 6, 1},      {"nginx", 4, 9, 1},
                             {"ramcloud", 1, 5, 1},       {"ramcloud-reserve", 1, 4, 2},
                             {"ramcloud-size", 1, 12, 3}, {"overtake", 2, 11, 1}};

std::string LineOf(const std::string& mode) {
  for (const Style& style : kStyles) {
    if (style.mode != mode) continue;
    return absl::StrFormat(
        "with linespoints lw 2 ps 0.8 lc rgb '%s' pt %d dt %d title %s noenhanced",
        kColours[style.colour], style.point, style.dashes, GnuplotText(mode));
  }
  return "with linespoints";
}

// One line for each mode, from the data that `points` gives for it.
template <typename Points>
std::string Plot(const StudyOptions& options, const std::string& block, Points points) {
  std::string data, plot;
  for (size_t i = 0; i < options.modes.size(); ++i) {
    const std::string text = points(options.modes[i]);
    if (text.empty()) continue;
    absl::StrAppend(&data, "$", block, i, " << EOD\n", text, "EOD\n");
    absl::StrAppend(&plot, plot.empty() ? "plot " : ", ", "$", block, i, " using 1:2 ",
                    LineOf(options.modes[i]));
  }
  return absl::StrCat(data, plot, "\n");
}

std::string LatencyPanel(const Study& study, const StudyOptions& options, int cores) {
  std::string script = absl::StrFormat(
      "set title '%d cores: light requests beside heavy ones'\n"
      "set xlabel 'Offered load, share of the cores'' time' offset 0,0.5\n"
      "set ylabel 'p99 of light requests, µs'\n"
      "set xrange [0:1]\nset yrange [10:30000]\nset logscale y\nunset logscale x\nset xtics auto\n",
      cores);
  return script + Plot(options, absl::StrCat("l", cores, "_"), [&](const std::string& mode) {
           std::string text;
           for (const double load : options.loads) {
             const LoadPoint* point = study.Find(mode, cores, load);
             if (point->saturated) break;
             absl::StrAppendFormat(&text, "%g %g\n", load, point->light_p99_us);
           }
           return text;
         });
}

std::string SaturationPanel(const Study& study, const StudyOptions& options) {
  std::string script =
      "set title 'Light requests alone: the most that is served'\n"
      "set xlabel 'Cores' offset 0,0.5\nset ylabel 'Thousand requests a second'\n"
      "set logscale xy\nset yrange [*:*]\nset xtics (";
  for (size_t i = 0; i < options.saturation_cores.size(); ++i) {
    absl::StrAppend(&script, i == 0 ? "" : ", ", options.saturation_cores[i]);
  }
  absl::StrAppendFormat(&script, ")\nset xrange [%g:%g]\n", options.saturation_cores.front() / 1.1,
                        options.saturation_cores.back() * 1.1);
  return script + Plot(options, "s", [&](const std::string& mode) {
           std::string text;
           for (const int cores : options.saturation_cores) {
             const SaturationPoint* point = study.Find(mode, cores);
             absl::StrAppendFormat(&text, "%d %g\n", cores, point->per_second / 1000);
           }
           return text;
         });
}

}  // namespace

absl::Status DrawStudy(const Study& study, const StudyOptions& options,
                       const std::string& svg_path) {
  const size_t panels = options.cores.size() + (options.saturation_cores.empty() ? 0 : 1);
  if (panels == 0) return absl::FailedPreconditionError("there is nothing to draw");
  const Workload& workload = options.workload;
  const std::string title = absl::StrFormat(
      "Simulated. %g heavy requests (%d keys × %d B) for each light one; %d + %d connections a "
      "core; a line ends where work piles up",
      workload.heavy_per_light, workload.keys, workload.value_size, options.light_connections,
      options.heavy_connections);
  std::string script = absl::StrFormat(
      "set terminal svg size %d,%d background rgb 'white' font 'Helvetica,Arial,sans-serif,15'\n"
      "set output %s\n"
      "set multiplot layout 1,%d title %s noenhanced\n"
      "set border 3\nset xtics nomirror\nset ytics nomirror\nset grid lc rgb '#DDDDDD' lt 1\n"
      "set key outside below center horizontal maxrows 3\n",
      static_cast<int>(panels) * kPanelWidth, kHeight, GnuplotText(svg_path), panels,
      GnuplotText(title));
  for (const int cores : options.cores) script += LatencyPanel(study, options, cores);
  if (!options.saturation_cores.empty()) script += SaturationPanel(study, options);
  return RunGnuplot(script + "unset multiplot\n", svg_path);
}

}  // namespace overtake::bench::simulate
