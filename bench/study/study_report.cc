#include "bench/study/study_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/load_spec.h"
#include "bench/servers.h"
#include "bench/table.h"

namespace overtake::bench {
namespace {

// One figure of a class's latency in each run.
Spread LatencyOf(const std::vector<const StudyRun*>& runs, const std::string& load,
                 const std::string& figure) {
  std::vector<double> values;
  for (const StudyRun* run : runs) {
    const nlohmann::json* const json = run->Class(load);
    if (json != nullptr) values.push_back(json->at("latency").at(figure));
  }
  return SpreadOf(std::move(values));
}

Spread ThroughputOf(const std::vector<const StudyRun*>& runs, const std::string& load) {
  std::vector<double> values;
  for (const StudyRun* run : runs) {
    const nlohmann::json* const json = run->Class(load);
    if (json != nullptr) values.push_back(json->at("requests_per_second"));
  }
  return SpreadOf(std::move(values));
}

// Runs whose tail is not the server's.
int InvalidRuns(const std::vector<const StudyRun*>& runs, const std::string& load) {
  return static_cast<int>(std::count_if(runs.begin(), runs.end(), [&](const StudyRun* run) {
    const nlohmann::json* const json = run->Class(load);
    return json != nullptr && json->at("generator_late").get<bool>();
  }));
}

nlohmann::json MedianCurve(const std::vector<const StudyRun*>& runs, const std::string& load) {
  std::map<double, std::vector<double>> by_percentile;
  for (const StudyRun* run : runs) {
    const nlohmann::json* const json = run->Class(load);
    if (json == nullptr) continue;
    for (const nlohmann::json& point : json->at("curve")) {
      by_percentile[point.at(0)].push_back(point.at(1));
    }
  }
  nlohmann::json curve = nlohmann::json::array();
  for (auto& [percentile, values] : by_percentile) {
    curve.push_back({percentile, SpreadOf(std::move(values)).median});
  }
  return curve;
}

// What ratios of servers are made of: the servers of a round had the same schedule.
nlohmann::json ByRound(const std::vector<const StudyRun*>& runs, const std::string& load) {
  nlohmann::json rounds = nlohmann::json::array();
  for (const StudyRun* run : runs) {
    const nlohmann::json* const json = run->Class(load);
    if (json == nullptr) continue;
    nlohmann::json figures = {{"round", run->round}, {"stolen", run->stolen}};
    for (const NamedQuantile& quantile : kQuantiles) {
      const std::string name = absl::StrCat(quantile.name, "_us");
      figures[name] = json->at("latency").at(name);
    }
    rounds.push_back(std::move(figures));
  }
  return rounds;
}

nlohmann::json ClassJson(const std::vector<const StudyRun*>& runs, const std::string& load) {
  nlohmann::json json = {{"requests_per_second", ToJson(ThroughputOf(runs, load))},
                         {"invalid", InvalidRuns(runs, load)},
                         {"rounds", ByRound(runs, load)},
                         {"curve", MedianCurve(runs, load)}};
  for (const NamedQuantile& quantile : kQuantiles) {
    const std::string name = absl::StrCat(quantile.name, "_us");
    json[name] = ToJson(LatencyOf(runs, load, name));
  }
  return json;
}

}  // namespace

StudyReport::StudyReport(const std::vector<Scenario>* scenarios,
                         const std::map<std::string, StudyRun>* runs)
    : scenarios_(*scenarios), runs_(*runs) {}

std::vector<std::pair<std::string, StudyReport::Runs>> StudyReport::ByServer(
    const Scenario& scenario, const StudyPoint& point) const {
  std::vector<std::pair<std::string, Runs>> servers;
  for (const std::string& name : AllServers()) {
    Runs runs;
    for (const auto& [key, run] : runs_) {
      if (run.scenario == scenario.name && run.point == point.name && run.server == name) {
        runs.push_back(&run);
      }
    }
    if (!runs.empty()) servers.emplace_back(name, std::move(runs));
  }
  return servers;
}

std::string StudyReport::Table(const Scenario& scenario, const StudyPoint& point,
                               const std::string& load) const {
  const auto servers = ByServer(scenario, point);
  if (servers.empty()) return "";
  TextTable table({"us", "p50", "p99", "p99.9", "rounds", ""});
  for (const auto& [name, runs] : servers) {
    std::vector<std::string> row = {name};
    for (const NamedQuantile& quantile : kQuantiles) {
      row.push_back(ToString(LatencyOf(runs, load, absl::StrCat(quantile.name, "_us"))));
    }
    row.push_back(absl::StrCat(runs.size()));
    const int invalid = InvalidRuns(runs, load);
    row.push_back(invalid > 0 ? absl::StrCat("INVALID: generator late in ", invalid) : "");
    table.AddRow(std::move(row));
  }
  return absl::StrCat(
      scenario.title,
      point.name.empty() ? "" : absl::StrCat(": ", point.name, " ", scenario.x_axis),
      load == scenario.compared ? "" : absl::StrCat("; ", load), "\n", table.ToString(), "\n");
}

std::string StudyReport::Text() const {
  std::string text;
  for (const Scenario& scenario : scenarios_) {
    for (const StudyPoint& point : scenario.points) {
      for (const LoadClass& load : point.classes) {
        absl::StrAppend(&text, Table(scenario, point, load.name));
      }
    }
  }
  return text;
}

nlohmann::json StudyReport::Json() const {
  nlohmann::json scenarios = nlohmann::json::array();
  for (const Scenario& scenario : scenarios_) {
    nlohmann::json points = nlohmann::json::array();
    for (const StudyPoint& point : scenario.points) {
      nlohmann::json specs = nlohmann::json::array();
      for (const LoadClass& load : point.classes) specs.push_back(SpecOf(load));
      nlohmann::json servers = nlohmann::json::array();
      for (const auto& [name, runs] : ByServer(scenario, point)) {
        nlohmann::json classes = nlohmann::json::object();
        for (const LoadClass& load : point.classes) {
          classes[load.name] = ClassJson(runs, load.name);
        }
        servers.push_back({{"name", name}, {"rounds", runs.size()}, {"classes", classes}});
      }
      points.push_back(
          {{"name", point.name}, {"x", point.x}, {"classes", specs}, {"servers", servers}});
    }
    scenarios.push_back({{"name", scenario.name},
                         {"title", scenario.title},
                         {"why", scenario.why},
                         {"compared", scenario.compared},
                         {"x_axis", scenario.x_axis},
                         {"points", points}});
  }
  return {{"scenarios", scenarios}};
}

}  // namespace overtake::bench
