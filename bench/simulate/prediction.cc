#include "bench/simulate/prediction.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/simulate/simulation.h"
#include "bench/simulate/workload.h"
#include "bench/table.h"

namespace overtake::bench::simulate {
namespace {

constexpr int kMaxCores = 4096;
constexpr int kDefaultWorkers = 4;  // the server's
// The comparison's.
constexpr int kLightConnections = 64;
constexpr int kHeavyConnections = 8;

Spread SpreadFrom(const nlohmann::json& json) {
  return {json.value("median", 0.0), json.value("min", 0.0), json.value("max", 0.0)};
}

// What compare's JSON calls a load under a condition.
const char* KeyOf(bool with_heavy, const std::string& load) {
  if (load == "heavy") return "heavy";
  return with_heavy ? "light_with_heavy" : "light_alone";
}

}  // namespace

absl::StatusOr<MeasuredComparison> MeasuredComparison::Read(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  const auto refused = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is no result of overtake-bench compare --json: ", why));
  };
  if (!json.is_object() || !json.contains("summary") || !json.contains("parameters") ||
      !json.contains("machine")) {
    return refused("machine, parameters or summary are missing");
  }
  MeasuredComparison measured;
  try {
    const nlohmann::json& parameters = json.at("parameters");
    measured.summary_ = json.at("summary");
    measured.cores_ = json.at("machine").at("cores").get<int>();
    measured.threads_ = parameters.at("threads").get<int>();
    measured.workers_ = parameters.value("workers", kDefaultWorkers);
    measured.keys_ = parameters.at("keys").get<int>();
    measured.value_size_ = parameters.at("value_size").get<int>();
    measured.light_per_second_ = parameters.at("light_rate").get<double>();
    measured.heavy_per_second_ = parameters.at("heavy_rate").get<double>();
  } catch (const nlohmann::json::exception& error) {
    return refused(error.what());
  }
  if (measured.cores_ < 1 || measured.cores_ > kMaxCores || measured.threads_ < 1 ||
      measured.threads_ > kMaxCores || measured.workers_ < 0 || measured.workers_ > kMaxCores ||
      measured.keys_ < 1 || measured.value_size_ < 0 || !(measured.light_per_second_ > 0)) {
    return refused("a parameter is out of range");
  }
  for (const absl::string_view mode : kModes) {
    if (measured.summary_.contains(std::string(mode))) measured.modes_.emplace_back(mode);
  }
  if (measured.modes_.empty()) return refused("no mode that can be simulated was measured");
  return measured;
}

std::vector<Prediction> MeasuredComparison::Predict(const std::string& mode, const Costs& costs,
                                                    uint64_t requests, uint64_t seed,
                                                    const std::function<void()>& tick) const {
  std::vector<Prediction> predictions;
  const nlohmann::json& summary = summary_.at(mode);
  for (const bool with_heavy : {false, true}) {
    if (with_heavy && heavy_per_second_ <= 0) continue;
    Workload workload;
    workload.keys = keys_;
    workload.value_size = value_size_;
    Options options;
    options.mode = mode;
    options.cores = cores_;
    options.threads = threads_;
    options.workers = workers_;
    options.clients = Clients::kSameCores;
    options.costs = costs;
    options.requests = requests;
    options.seed = seed;
    options.loads =
        MakeLoads(workload, costs, light_per_second_, with_heavy ? heavy_per_second_ : 0,
                  kLightConnections, kHeavyConnections);
    const Result result = Simulate(options, tick);
    for (size_t i = 0; i < options.loads.size(); ++i) {
      Prediction prediction;
      prediction.mode = mode;
      prediction.with_heavy = with_heavy;
      prediction.load = options.loads[i].name;
      const char* const key = KeyOf(with_heavy, prediction.load);
      if (!summary.contains(key)) continue;
      const Histogram& latency = result.loads[i].latency_ns;
      prediction.p50_us = Microseconds(latency.ValueAtQuantile(0.5));
      prediction.p99_us = Microseconds(latency.ValueAtQuantile(0.99));
      prediction.measured_p50 = SpreadFrom(summary[key].value("p50_us", nlohmann::json::object()));
      prediction.measured_p99 = SpreadFrom(summary[key].value("p99_us", nlohmann::json::object()));
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
