#include "bench/picture.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/gnuplot.h"

namespace overtake::bench {
namespace {

constexpr int kWidth = 960;
constexpr int kRowHeight = 66;
constexpr int kFrameHeight = 170;  // title, legend and axis

constexpr const char* kAloneColour = kColours[0];
constexpr const char* kHeavyColour = kColours[1];

constexpr char kMarkStyle[] = "using 1:2:3:4 with xerrorbars lw 2 ps 1.2";

std::string Label(double us) { return ToString(us) + " µs"; }

// The marks of a row lie one above the other, and so do their values: neither hides the other
// when they are equal.
constexpr double kMarkOffset = 0.11;
constexpr double kLabelOffset = 0.34;

std::string LabelCommand(double us, double y, const char* colour) {
  return absl::StrFormat("set label %s at %f,%f center tc rgb '%s' noenhanced\n",
                         GnuplotText(Label(us)), us, y, colour);
}

struct Range {
  double low = 1e300;
  double high = 0;
  void Include(const Spread& spread) {
    if (spread.median <= 0) return;
    low = std::min(low, spread.min);
    high = std::max(high, spread.max);
  }
};

// 1, 2 and 5 of each decade within the range, for a range may lie within one decade.
std::string LogTics(double low, double high) {
  std::string tics;
  for (double decade = 1; decade <= high; decade *= 10) {
    for (double tic : {decade, 2 * decade, 5 * decade}) {
      if (tic < low || tic > high) continue;
      absl::StrAppendFormat(&tics, "%s'%s' %f", tics.empty() ? "" : ", ", ToString(tic), tic);
    }
  }
  return tics;
}

std::string DataBlock(const char* name, const Picture& picture, Spread PictureRow::*field,
                      double offset) {
  std::string text = absl::StrCat("$", name, " << EOD\n");
  for (size_t i = 0; i < picture.rows.size(); ++i) {
    const Spread& spread = picture.rows[i].*field;
    const double y = static_cast<double>(picture.rows.size() - i) + offset;
    if (spread.median <= 0) continue;
    absl::StrAppendFormat(&text, "%f %f %f %f\n", spread.median, y, spread.min, spread.max);
  }
  return absl::StrCat(text, "EOD\n");
}

std::string Script(const Picture& picture, const std::string& svg_path) {
  const int rows = static_cast<int>(picture.rows.size());
  std::string script = absl::StrFormat(
      "set terminal svg size %d,%d background rgb 'white' font 'Helvetica,Arial,sans-serif,15'\n"
      "set output %s\n"
      "set title %s.\"\\n\".%s noenhanced\n"
      "set logscale x\nset xlabel 'Latency, µs (log scale); whiskers: least and largest round'\n"
      "set yrange [0.4:%d.8]\nset border 1\nset ytics nomirror scale 0\nset xtics nomirror\n"
      "set grid xtics lc rgb '#DDDDDD' lt 1\nset key top outside center horizontal\n",
      kWidth, kFrameHeight + rows * kRowHeight, GnuplotText(svg_path), GnuplotText(picture.title),
      GnuplotText(picture.subtitle), rows);
  Range range;
  bool any_heavy = false;
  std::string tics, marks;
  for (int i = 0; i < rows; ++i) {
    const PictureRow& row = picture.rows[static_cast<size_t>(i)];
    const double alone = row.alone.median, heavy = row.with_heavy.median;
    const int y = rows - i;
    range.Include(row.alone);
    range.Include(row.with_heavy);
    any_heavy |= heavy > 0;
    absl::StrAppend(&tics, i == 0 ? "" : ", ", GnuplotText(row.name), " ", y);
    if (alone > 0) marks += LabelCommand(alone, y + kLabelOffset, kAloneColour);
    if (heavy > 0) marks += LabelCommand(heavy, y - kLabelOffset, kHeavyColour);
  }
  // Room for the labels beside the outermost marks.
  range.low /= 1.5;
  range.high *= 1.5;
  absl::StrAppendFormat(&script, "set ytics (%s)\nset xtics (%s)\nset xrange [%f:%f]\n%s", tics,
                        LogTics(range.low, range.high), range.low, range.high, marks);
  absl::StrAppend(&script, DataBlock("alone", picture, &PictureRow::alone, kMarkOffset),
                  DataBlock("heavy", picture, &PictureRow::with_heavy, -kMarkOffset));
  absl::StrAppendFormat(&script, "plot $alone %s lc rgb '%s' pt 6 title 'light requests alone'",
                        kMarkStyle, kAloneColour);
  if (any_heavy) {
    absl::StrAppendFormat(&script, ", $heavy %s lc rgb '%s' pt 5 title 'beside heavy requests'",
                          kMarkStyle, kHeavyColour);
  }
  absl::StrAppend(&script, "\n");
  return script;
}

}  // namespace

absl::Status Draw(const Picture& picture, const std::string& svg_path) {
  if (picture.rows.empty()) return absl::FailedPreconditionError("there is nothing to draw");
  return RunGnuplot(Script(picture, svg_path), svg_path);
}

}  // namespace overtake::bench
