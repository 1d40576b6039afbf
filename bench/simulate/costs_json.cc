#include "bench/simulate/costs_json.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "bench/simulate/costs_measured.h"

namespace overtake::bench::simulate {

absl::Status ReadCosts(const nlohmann::json& json, Costs* costs) {
  if (!json.is_object()) return absl::InvalidArgumentError("costs are not a JSON object");
  if (json.contains("benchmarks")) return ReadMicroBenchmarks(json, costs);
  if (json.contains("runs")) return ReadCpuResults(json, costs);
  for (const auto& [name, value] : json.items()) {
    if (!value.is_number()) {
      return absl::InvalidArgumentError(absl::StrCat("the cost ", name, " is not a number"));
    }
    if (absl::Status s = SetCost(name, value.get<double>(), costs); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status ReadCostsFile(const std::string& path, Costs* costs) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError(absl::StrCat(path, " is not JSON"));
  const absl::Status status = ReadCosts(json, costs);
  return absl::Status(status.code(), status.ok() ? "" : absl::StrCat(path, ": ", status.message()));
}

nlohmann::json ToJson(const Costs& costs) {
  nlohmann::json json;
  for (const CostField& field : CostFields()) json[std::string(field.name)] = costs.*field.field;
  return json;
}

}  // namespace overtake::bench::simulate
