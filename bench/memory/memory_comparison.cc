#include "bench/memory/memory_comparison.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/servers.h"
#include "bench/table.h"

namespace overtake::bench {
namespace {

constexpr double kMegabyte = 1 << 20;

template <typename T>
void AddOnce(const T& value, std::vector<T>* values) {
  if (std::find(values->begin(), values->end(), value) == values->end()) values->push_back(value);
}

std::string Cell(const std::optional<Spread>& spread, int decimals = 0) {
  return spread.has_value() ? ToString(*spread, decimals) : "-";
}

double ItemsHeld(const MemoryRun& run) { return static_cast<double>(run.store.items); }
double HitRatio(const MemoryRun& run) { return run.replay.counts.HitRatio(); }
double MissRatio(const MemoryRun& run) { return 1 - run.replay.counts.HitRatio(); }

}  // namespace

std::vector<std::string> MemoryComparison::Servers() const {
  std::vector<std::string> servers;
  for (const MemoryRun& run : runs_) AddOnce(run.server, &servers);
  return servers;
}

std::vector<std::string> MemoryComparison::Cases() const {
  std::vector<std::string> cases;
  for (const MemoryRun& run : runs_) AddOnce(run.memory_case, &cases);
  return cases;
}

std::vector<int> MemoryComparison::Memories(absl::string_view memory_case) const {
  std::vector<int> memories;
  for (const MemoryRun& run : runs_) {
    if (run.memory_case == memory_case) AddOnce(run.memory_mb, &memories);
  }
  return memories;
}

std::optional<Spread> MemoryComparison::Of(absl::string_view memory_case, int memory_mb,
                                           absl::string_view server, const Figure& figure) const {
  std::vector<double> values;
  for (const MemoryRun& run : runs_) {
    if (run.memory_case == memory_case && run.memory_mb == memory_mb && run.server == server) {
      values.push_back(figure(run));
    }
  }
  if (values.empty()) return std::nullopt;
  return SpreadOf(std::move(values));
}

std::optional<Spread> MemoryComparison::RatioToStock(absl::string_view memory_case, int memory_mb,
                                                     absl::string_view server,
                                                     const Figure& figure) const {
  std::map<int, double> stock_by_round;
  const auto concerns = [&](const MemoryRun& run, absl::string_view name) {
    return run.memory_case == memory_case && run.memory_mb == memory_mb && run.server == name;
  };
  for (const MemoryRun& run : runs_) {
    if (concerns(run, kStock)) stock_by_round[run.round] = figure(run);
  }
  std::vector<double> ratios;
  for (const MemoryRun& run : runs_) {
    const auto stock = stock_by_round.find(run.round);
    if (!concerns(run, server) || stock == stock_by_round.end() || stock->second == 0) continue;
    ratios.push_back(figure(run) / stock->second);
  }
  if (ratios.empty()) return std::nullopt;
  return SpreadOf(std::move(ratios));
}

std::string MemoryComparison::Table(absl::string_view memory_case) const {
  TextTable table({"-m", "server", "items", "/ stock", "hit ratio", "misses / stock", "RSS MB",
                   "items' bytes / -m", "refused sets", "evictions", "seconds"});
  for (const int memory_mb : Memories(memory_case)) {
    for (const std::string& server : Servers()) {
      const auto of = [&](const Figure& figure) {
        return Of(memory_case, memory_mb, server, figure);
      };
      if (!of(ItemsHeld).has_value()) continue;
      const bool any_gets =
          of([](const MemoryRun& run) { return double(run.replay.counts.gets); })->median > 0;
      const auto resident = [](const MemoryRun& run) { return run.resident_bytes / kMegabyte; };
      table.AddRow(
          {absl::StrCat(memory_mb), server, Cell(of(ItemsHeld)),
           Cell(RatioToStock(memory_case, memory_mb, server, ItemsHeld), 2),
           any_gets ? Cell(of(HitRatio), 4) : "-",
           any_gets ? Cell(RatioToStock(memory_case, memory_mb, server, MissRatio), 3) : "-",
           Cell(of(resident), 1),
           Cell(of([](const MemoryRun& run) { return run.store.Utilisation(); }), 3),
           Cell(of([](const MemoryRun& run) { return double(run.replay.counts.refused); })),
           Cell(of([](const MemoryRun& run) { return double(run.store.evictions); })),
           Cell(of([](const MemoryRun& run) { return run.replay.seconds; }), 1)});
    }
  }
  return table.ToString();
}

nlohmann::json MemoryComparison::Json() const {
  nlohmann::json runs = nlohmann::json::array();
  for (const MemoryRun& run : runs_) {
    runs.push_back({{"case", run.memory_case},
                    {"memory_mb", run.memory_mb},
                    {"round", run.round},
                    {"server", run.server},
                    {"replay", ToJson(run.replay)},
                    {"store", ToJson(run.store)},
                    {"resident_bytes", run.resident_bytes}});
  }
  return {{"runs", runs}};
}

}  // namespace overtake::bench
