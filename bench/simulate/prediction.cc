#include "bench/simulate/prediction.h"

#include <fstream>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/load_spec.h"
#include "bench/modes.h"
#include "bench/servers.h"
#include "bench/simulate/simulation.h"
#include "bench/simulate/workload.h"
#include "bench/table.h"

namespace overtake::bench::simulate {
namespace {

constexpr int kMaxCores = 4096;
constexpr int kDefaultWorkers = 4;  // the server's

Spread SpreadFrom(const nlohmann::json& json) {
  return {json.at("median"), json.at("min"), json.at("max")};
}

}  // namespace

absl::StatusOr<MeasuredStudy> MeasuredStudy::Read(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  MeasuredStudy measured;
  absl::Status status;
  try {
    status = measured.Take(nlohmann::json::parse(file));
  } catch (const nlohmann::json::exception& error) {
    status = absl::InvalidArgumentError(error.what());
  }
  if (status.ok()) return measured;
  return absl::InvalidArgumentError(absl::StrCat(
      path, " is no study.json of overtake-bench study or compare: ", status.message()));
}

absl::Status MeasuredStudy::Take(const nlohmann::json& study) {
  const nlohmann::json& plan = study.at("plan");
  cores_ = plan.at("machine").at("cores");
  threads_ = plan.at("threads");
  workers_ = plan.value("workers", kDefaultWorkers);
  if (cores_ < 1 || cores_ > kMaxCores || threads_ < 1 || threads_ > kMaxCores || workers_ < 0 ||
      workers_ > kMaxCores) {
    return absl::InvalidArgumentError("so many cores, threads or workers are not simulated");
  }
  for (const nlohmann::json& server : plan.at("servers")) {
    const std::string name = server.at("name");
    if (!IsOvertake(name)) continue;
    const auto mode = FindMode(name);
    if (!mode.ok()) return mode.status();
    modes_.push_back(*mode);
  }
  if (modes_.empty()) return absl::InvalidArgumentError("no mode was measured");
  for (const nlohmann::json& scenario : study.at("scenarios")) {
    if (scenario.at("name") != "light" && scenario.at("name") != "multigets") continue;
    absl::Status status = AddPoint(scenario.at("points").at(0));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MeasuredStudy::AddPoint(const nlohmann::json& json) {
  Point point;
  for (const std::string spec : json.at("classes")) {
    auto load = ParseLoadClass(spec);
    if (!load.ok()) return load.status();
    point.classes.push_back(*std::move(load));
  }
  if (point.classes.empty()) return absl::InvalidArgumentError("there is a load without classes");
  for (const nlohmann::json& server : json.at("servers")) {
    for (const auto& [load, figures] : server.at("classes").items()) {
      point.latencies[{server.at("name"), load}] = {SpreadFrom(figures.at("p50_us")),
                                                    SpreadFrom(figures.at("p99_us"))};
    }
  }
  points_.push_back(std::move(point));
  return absl::OkStatus();
}

std::vector<Prediction> MeasuredStudy::Predict(const NamedMode& mode, const Costs& costs,
                                               uint64_t requests, uint64_t seed,
                                               const std::function<void()>& tick) const {
  std::vector<Prediction> predictions;
  for (const Point& point : points_) {
    if (point.latencies.count({mode.name, "light"}) == 0) continue;
    const LoadClass& light = point.classes.front();
    const LoadClass& heavy = point.classes.back();
    const bool with_heavy = point.classes.size() > 1;
    Workload workload;
    workload.keys = heavy.keys_per_request;
    workload.value_size = static_cast<int>(heavy.sizes.Of(0, 0));
    Options options;
    options.mode = mode.mode;
    options.policy = mode.policy;
    options.cores = cores_;
    options.threads = threads_;
    options.workers = workers_;
    options.clients = Clients::kSameCores;
    options.costs = costs;
    options.requests = requests;
    options.seed = seed;
    options.loads = MakeLoads(workload, costs, light.rate, with_heavy ? heavy.rate : 0,
                              light.connections, heavy.connections);
    const Result result = Simulate(options, tick);
    for (size_t i = 0; i < options.loads.size(); ++i) {
      Prediction prediction;
      prediction.mode = mode.name;
      prediction.with_heavy = with_heavy;
      prediction.load = options.loads[i].name;
      const Histogram& latency = result.loads[i].latency_ns;
      prediction.p50_us = Microseconds(latency.ValueAtQuantile(0.5));
      prediction.p99_us = Microseconds(latency.ValueAtQuantile(0.99));
      const auto measured = point.latencies.find({mode.name, prediction.load});
      if (measured == point.latencies.end()) continue;
      std::tie(prediction.measured_p50, prediction.measured_p99) = measured->second;
      if (prediction.measured_p99.median > 0) predictions.push_back(prediction);
    }
  }
  return predictions;
}

std::string ToTable(const std::vector<Prediction>& predictions) {
  TextTable table({"mode", "requests", "p50 us", "measured", "p99 us", "measured", "p99 error",
                   "within rounds"});
  for (const Prediction& p : predictions) {
    const std::string requests = p.load == "heavy" ? "heavy"
                                 : p.with_heavy    ? "light beside heavy"
                                                   : "light alone";
    table.AddRow({p.mode, requests, ToString(p.p50_us), ToString(p.measured_p50),
                  ToString(p.p99_us), ToString(p.measured_p99),
                  absl::StrFormat("%+.0f %%", 100 * p.Error()), p.WithinSpread() ? "yes" : "no"});
  }
  return table.ToString();
}

nlohmann::json ToJson(const Prediction& prediction) {
  return {{"mode", prediction.mode},
          {"load", prediction.load},
          {"with_heavy", prediction.with_heavy},
          {"p50_us", prediction.p50_us},
          {"p99_us", prediction.p99_us},
          {"measured_p50_us", bench::ToJson(prediction.measured_p50)},
          {"measured_p99_us", bench::ToJson(prediction.measured_p99)},
          {"p99_error", prediction.Error()}};
}

}  // namespace overtake::bench::simulate
