#include "bench/memory/memory_picture.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "bench/gnuplot.h"
#include "bench/memory/memory_cases.h"
#include "bench/servers.h"

namespace overtake::bench {
namespace {

constexpr int kPanelWidth = 560;
constexpr int kHeight = 460;
constexpr int kBarsMemoryMb = 64;
constexpr char kZipf[] = "zipf";

// A mode's name tells nothing here unless several are compared.
std::string Title(const std::string& server, size_t servers) {
  if (server == kStock) return "memcached (installed)";
  return servers > 2 ? absl::StrCat("overtake, ", server) : "overtake";
}

const char* Colour(size_t server) { return kColours[server % std::size(kColours)]; }

// Points differ in shape as well as in colour.
int PointType(size_t server) {
  constexpr int kTypes[] = {7, 5, 9, 11, 13, 6};
  return kTypes[server % std::size(kTypes)];
}

std::vector<std::string> FillCases(const MemoryComparison& comparison) {
  std::vector<std::string> cases = comparison.Cases();
  std::erase_if(cases,
                [](const std::string& name) { return !absl::StartsWith(name, kFillPrefix); });
  return cases;
}

std::string HitRatioPanel(const MemoryComparison& comparison) {
  std::string data, plots;
  const std::vector<std::string> servers = comparison.Servers();
  std::string tics;
  for (const int memory_mb : comparison.Memories(kZipf)) {
    absl::StrAppend(&tics, tics.empty() ? "" : ", ", memory_mb);
  }
  for (size_t i = 0; i < servers.size(); ++i) {
    absl::StrAppend(&data, "$ratio", i, " << EOD\n");
    for (const int memory_mb : comparison.Memories(kZipf)) {
      const auto ratio = comparison.Of(kZipf, memory_mb, servers[i], HitRatio);
      if (ratio.has_value()) absl::StrAppendFormat(&data, "%d %f\n", memory_mb, ratio->median);
    }
    absl::StrAppend(&data, "EOD\n");
    absl::StrAppendFormat(
        &plots, "%s $ratio%d using 1:2 with linespoints lw 2 pt %d ps 0.9 lc rgb '%s' title %s",
        i == 0 ? "plot" : ",", i, PointType(i), Colour(i),
        GnuplotText(Title(servers[i], servers.size())));
  }
  return absl::StrCat(data,
                      "set title 'Hit ratio, Zipf(0.9) over 400,000 keys'\n"
                      "set xlabel 'Memory (-m), MB'\nset ylabel 'Hit ratio'\n"
                      "set xtics (",
                      tics, ")\nset format y '%.2f'\nset xrange [0:*]\n", plots, "\n");
}

std::string ItemsPanel(const MemoryComparison& comparison) {
  const std::vector<std::string> servers = comparison.Servers();
  const std::vector<std::string> cases = FillCases(comparison);
  const std::vector<int> memories = comparison.Memories(cases.front());
  const bool usual = std::find(memories.begin(), memories.end(), kBarsMemoryMb) != memories.end();
  const int memory_mb = usual ? kBarsMemoryMb : *std::min_element(memories.begin(), memories.end());
  std::string data = "$items << EOD\n", bars, labels;
  for (const std::string& name : cases) {
    absl::StrAppend(&data, "\"", absl::StripPrefix(name, kFillPrefix), "\"");
    for (const std::string& server : servers) {
      const auto items = comparison.Of(name, memory_mb, server, ItemsHeld);
      absl::StrAppendFormat(&data, " %f", items.has_value() ? items->median / 1000 : 0);
    }
    absl::StrAppend(&data, "\n");
  }
  const double width = 1.0 / static_cast<double>(servers.size() + 1);  // of a bar; gap: one more
  for (size_t i = 0; i < servers.size(); ++i) {
    const double middle = static_cast<double>(servers.size() - 1) / 2;
    absl::StrAppendFormat(&bars, "%s $items using %d%s with histograms lc rgb '%s' title %s",
                          i == 0 ? "plot" : ",", i + 2, i == 0 ? ":xtic(1)" : "", Colour(i),
                          GnuplotText(Title(servers[i], servers.size())));
    absl::StrAppendFormat(&labels,
                          ", $items using ($0%+f):%d:(sprintf('%%.0f', $%d)) with labels "
                          "offset 0,0.6 notitle",
                          (static_cast<double>(i) - middle) * width, i + 2, i + 2);
  }
  return absl::StrCat(data, "EOD\nset title 'Items held in steady eviction at -m ", memory_mb,
                      "'\nset xlabel 'Mean size of a value, bytes (log-normal); keys of 19 bytes'\n"
                      "set ylabel 'Items, thousands'\nset style histogram clustered gap 1\n"
                      "set style fill solid\nset xtics auto\nset xrange [*:*]\n"
                      "set yrange [0:*]\nset offsets 0,0,graph 0.08,0\nset format y '%.0f'\n",
                      bars, labels, "\n");
}

}  // namespace

absl::Status DrawMemory(const MemoryComparison& comparison, const std::string& subtitle,
                        const std::string& svg_path) {
  const bool ratio = !comparison.Memories(kZipf).empty();
  const bool items = !FillCases(comparison).empty();
  if (!ratio && !items) {
    return absl::FailedPreconditionError("neither zipf nor fill was measured: nothing to draw");
  }
  const int panels = (ratio ? 1 : 0) + (items ? 1 : 0);
  std::string script = absl::StrFormat(
      "set terminal svg size %d,%d background rgb 'white' font 'Helvetica,Arial,sans-serif,15'\n"
      "set output %s\n"
      "set multiplot layout 1,%d title %s noenhanced\n"
      "set border 3\nset xtics nomirror\nset ytics nomirror\nset grid ytics lc rgb '#DDDDDD' lt 1\n"
      "set key bottom right\n",
      panels * kPanelWidth, kHeight, GnuplotText(svg_path), panels, GnuplotText(subtitle));
  if (ratio) absl::StrAppend(&script, HitRatioPanel(comparison));
  if (items) absl::StrAppend(&script, "set key top right\n", ItemsPanel(comparison));
  absl::StrAppend(&script, "unset multiplot\n");
  return RunGnuplot(script, svg_path);
}

}  // namespace overtake::bench
