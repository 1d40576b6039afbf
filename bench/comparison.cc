#include "bench/comparison.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/table.h"

namespace overtake::bench {
namespace {

constexpr absl::string_view kLight = "light";
constexpr absl::string_view kHeavy = "heavy";

}  // namespace

std::vector<std::string> Comparison::Servers() const {
  std::vector<std::string> servers;
  for (const ComparisonRun& run : runs_) {
    if (std::find(servers.begin(), servers.end(), run.server) == servers.end()) {
      servers.push_back(run.server);
    }
  }
  return servers;
}

bool Comparison::Has(absl::string_view server, bool with_heavy) const {
  return std::any_of(runs_.begin(), runs_.end(), [&](const ComparisonRun& run) {
    return run.server == server && run.with_heavy == with_heavy;
  });
}

const ClassResult* Comparison::Find(const ComparisonRun& run, absl::string_view server,
                                    bool with_heavy, absl::string_view load) const {
  if (run.server != server || run.with_heavy != with_heavy) return nullptr;
  for (const ClassResult& result : run.classes) {
    if (result.load.name == load && result.latency.count() > 0) return &result;
  }
  return nullptr;
}

Spread Comparison::Latency(absl::string_view server, bool with_heavy, absl::string_view load,
                           double q) const {
  std::vector<double> values;
  for (const ComparisonRun& run : runs_) {
    const ClassResult* result = Find(run, server, with_heavy, load);
    if (result != nullptr) values.push_back(Microseconds(result->latency.ValueAtQuantile(q)));
  }
  return SpreadOf(std::move(values));
}

Spread Comparison::RatioTo(absl::string_view server, absl::string_view base, double q) const {
  std::map<int, double> base_by_round;
  for (const ComparisonRun& run : runs_) {
    const ClassResult* result = Find(run, base, /*with_heavy=*/true, kLight);
    if (result != nullptr)
      base_by_round[run.round] = Microseconds(result->latency.ValueAtQuantile(q));
  }
  std::vector<double> ratios;
  for (const ComparisonRun& run : runs_) {
    const ClassResult* result = Find(run, server, /*with_heavy=*/true, kLight);
    const auto found = base_by_round.find(run.round);
    if (result == nullptr || found == base_by_round.end() || found->second == 0) continue;
    ratios.push_back(Microseconds(result->latency.ValueAtQuantile(q)) / found->second);
  }
  return SpreadOf(std::move(ratios));
}

std::pair<int, int> Comparison::LateRuns(absl::string_view server, bool with_heavy,
                                         absl::string_view load) const {
  int late = 0, all = 0;
  for (const ComparisonRun& run : runs_) {
    const ClassResult* result = Find(run, server, with_heavy, load);
    if (result == nullptr) continue;
    ++all;
    if (result->GeneratorLate()) ++late;
  }
  return {late, all};
}

std::string Comparison::Base() const {
  for (absl::string_view candidate : {"memcached", "stock"}) {
    if (Has(candidate, /*with_heavy=*/true)) return std::string(candidate);
  }
  return "";
}

std::string Comparison::Table(absl::string_view title, bool with_heavy,
                              absl::string_view load) const {
  const std::string base = with_heavy && load == kLight ? Base() : "";
  std::vector<std::string> header = {"us"};
  for (const NamedQuantile& quantile : kQuantiles) header.emplace_back(quantile.name);
  if (!base.empty()) header.push_back(absl::StrCat("p99 / ", base));
  header.emplace_back("");
  TextTable table(header);
  for (const std::string& server : Servers()) {
    const auto [late, all] = LateRuns(server, with_heavy, load);
    if (all == 0) continue;
    std::vector<std::string> row = {server};
    for (const NamedQuantile& quantile : kQuantiles) {
      row.push_back(ToString(Latency(server, with_heavy, load, quantile.q)));
    }
    if (!base.empty()) row.push_back(ToString(RatioTo(server, base, 0.99), 2));
    row.push_back(late > 0 ? absl::StrCat("generator late ", late, "/", all) : "");
    table.AddRow(std::move(row));
  }
  return absl::StrCat(title, "\n", table.ToString(), "\n");
}

std::string Comparison::Report() const {
  std::string report = Table("Light requests alone", false, kLight);
  const bool any_heavy =
      std::any_of(runs_.begin(), runs_.end(), [](const ComparisonRun& r) { return r.with_heavy; });
  if (!any_heavy) return report;
  absl::StrAppend(&report, Table("Light requests beside heavy ones", true, kLight),
                  Table("Heavy requests", true, kHeavy));
  return report;
}

nlohmann::json Comparison::Json() const {
  nlohmann::json runs = nlohmann::json::array();
  for (const ComparisonRun& run : runs_) {
    nlohmann::json classes = nlohmann::json::array();
    for (const ClassResult& result : run.classes) {
      if (result.latency.count() > 0) classes.push_back(ToJson(result));
    }
    runs.push_back({{"round", run.round},
                    {"server", run.server},
                    {"with_heavy", run.with_heavy},
                    {"classes", classes}});
  }
  nlohmann::json summary = nlohmann::json::object();
  const std::string base = Base();
  for (const std::string& server : Servers()) {
    nlohmann::json& entry = summary[server];
    for (const NamedQuantile& quantile : kQuantiles) {
      const std::string name = absl::StrCat(quantile.name, "_us");
      const auto add = [&](const char* key, bool with_heavy, absl::string_view load) {
        if (LateRuns(server, with_heavy, load).second == 0) return;
        entry[key][name] = ToJson(Latency(server, with_heavy, load, quantile.q));
      };
      add("light_alone", false, kLight);
      add("light_with_heavy", true, kLight);
      add("heavy", true, kHeavy);
    }
    if (base.empty() || !Has(server, /*with_heavy=*/true)) continue;
    entry["light_p99_with_heavy_ratio"] = ToJson(RatioTo(server, base, 0.99));
  }
  return {{"runs", runs}, {"summary", summary}, {"ratio_to", base}};
}

}  // namespace overtake::bench
