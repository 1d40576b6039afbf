#include "bench/study/study_run.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

constexpr double kStepsPerDecade = 8;
constexpr double kMostNines = 5;

// [[percentile, us], ...] with as many steps between 90 and 99 as between 99 and 99.9, up to
// where single requests are.
nlohmann::json Curve(const Histogram& latency) {
  nlohmann::json curve = nlohmann::json::array();
  const auto count = static_cast<double>(latency.count());
  for (double step = 0; step <= kMostNines * kStepsPerDecade; ++step) {
    const double above = std::pow(10, -step / kStepsPerDecade);
    if (above * count < 1) break;
    curve.push_back({100 * (1 - above), Microseconds(latency.ValueAtQuantile(1 - above))});
  }
  return curve;
}

}  // namespace

std::string StudyRun::Key() const {
  return absl::StrCat(scenario, point.empty() ? "" : "-", point, ".", server, ".", round);
}

void StudyRun::SetClasses(const std::vector<ClassResult>& results) {
  classes = nlohmann::json::array();
  for (const ClassResult& result : results) {
    nlohmann::json json = ToJson(result);
    json["curve"] = Curve(result.latency);
    classes.push_back(std::move(json));
  }
}

const nlohmann::json* StudyRun::Class(const std::string& name) const {
  for (const nlohmann::json& json : classes) {
    if (json.at("name") == name && json.at("latency").at("count") > 0) return &json;
  }
  return nullptr;
}

nlohmann::json StudyRun::Json() const {
  return {{"scenario", scenario}, {"point", point},   {"server", server},  {"round", round},
          {"error", error},       {"stolen", stolen}, {"classes", classes}};
}

absl::StatusOr<StudyRun> StudyRun::FromJson(const nlohmann::json& json) {
  try {
    return StudyRun{.scenario = json.at("scenario"),
                    .point = json.at("point"),
                    .server = json.at("server"),
                    .round = json.at("round"),
                    .error = json.at("error"),
                    .stolen = json.at("stolen"),
                    .classes = json.at("classes")};
  } catch (const nlohmann::json::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat("not the result of a run: ", e.what()));
  }
}

}  // namespace overtake::bench
