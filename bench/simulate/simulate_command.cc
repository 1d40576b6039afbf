// `overtake-bench simulate`: the architectures as queueing systems.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/command.h"
#include "bench/machine.h"
#include "bench/modes.h"
#include "bench/progress.h"
#include "bench/simulate/costs_json.h"
#include "bench/simulate/prediction.h"
#include "bench/simulate/study.h"
#include "bench/simulate/validation.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

constexpr uint64_t kPredictionRequests = 1'000'000;

class SimulateCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run();

 private:
  void AddStudyTo(CLI::App& command);
  absl::Status ReadFlags();
  absl::Status Validate(nlohmann::json* document);
  absl::Status Predict(nlohmann::json* document);
  absl::Status Study(nlohmann::json* document);

  bool validate_ = false;
  std::string measured_;
  std::vector<std::string> costs_files_;
  std::vector<std::string> costs_;
  std::string arrivals_ = "poisson";
  std::vector<std::string> modes_ = ModeNames();
  simulate::StudyOptions study_;
  std::optional<uint64_t> requests_;
  std::string json_;
};

void SimulateCommand::AddTo(CLI::App& command) {
  auto* const validate = command.add_flag("--validate", validate_,
                                          "Hold simulated queues against theory; fails above 2 %");
  command
      .add_option("--measured", measured_,
                  "Predict what this study.json of `overtake-bench compare` or `study` says of "
                  "light requests alone and beside multigets, and tell the error")
      ->excludes(validate);
  command.add_option("--costs", costs_files_,
                     "What things cost: JSON files of `overtake-micro --benchmark_format=json`, "
                     "then of `overtake-bench cpu --json`, or with the costs by name");
  command.add_option("--cost", costs_, "One of the costs, as name=value; in microseconds or KB");
  command
      .add_option("--requests", requests_,
                  absl::StrFormat("Of a run (200,000; with --measured %d, with --validate %d)",
                                  kPredictionRequests, simulate::kValidationRequests))
      ->check(CLI::Range(uint64_t{1'000}, uint64_t{1'000'000'000}));
  command
      .add_option("--seed", study_.seed, "Of all that is random: the same seed, the same result")
      ->capture_default_str();
  command.add_option(
      "--json", json_,
      "Also write the results here (\"-\": only, to stdout); bench/report/make_report.py "
      "draws them");
  AddStudyTo(command);
}

void SimulateCommand::AddStudyTo(CLI::App& command) {
  constexpr char kGroup[] = "Without --validate and --measured: every mode under every load";
  const auto add = [&](const char* flag, auto& value, const char* what) {
    return command.add_option(flag, value, what)->group(kGroup)->capture_default_str();
  };
  study_.loads = {0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95};
  add("--modes", modes_, "Which")->delimiter(',')->check(CLI::IsMember(ModeNames()));
  add("--cores", study_.cores, "Sizes of the machine")->delimiter(',')->check(CLI::Range(1, 1024));
  add("--loads", study_.loads, "Offered, as shares of what the cores could do at most")
      ->delimiter(',')
      ->check(CLI::Range(0.001, 2.0));
  add("--saturation-cores", study_.saturation_cores, "Sizes for the most that is served")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  command.add_option("--threads", study_.threads, "Readers (by default as many as cores)")
      ->group(kGroup)
      ->check(CLI::Range(1, 1024));
  command.add_option("--workers", study_.workers, "Of the pool (nginx: 0 for none)")
      ->group(kGroup)
      ->check(CLI::Range(0, 1024));
  add("--light-connections", study_.light_connections, "For each core")->check(CLI::Range(1, 1000));
  add("--heavy-connections", study_.heavy_connections, "For each core")->check(CLI::Range(1, 1000));
  simulate::Workload& workload = study_.workload;
  add("--heavy-per-light", workload.heavy_per_light, "Heavy requests for each light one")
      ->check(CLI::Range(0.0, 1.0));
  add("--keys", workload.keys, "Of a heavy request")->check(CLI::Range(1, 100'000));
  add("--value-size", workload.value_size, "Bytes of each of its values")
      ->check(CLI::Range(1, 500'000));
  const CLI::Validator service_time(
      [](const std::string& text) {
        return std::string(ServiceTime::Parse(text).status().message());
      },
      "DISTRIBUTION");
  constexpr char kServices[] =
      "How long execution takes, in microseconds, rather than what the costs say: fixed:MEAN, "
      "exp:MEAN, bimodal:SHARE:SHORT:LONG, bimodal-90-10:MEAN, bimodal-99.5-0.5:MEAN, "
      "pareto:MEAN:SHAPE or lognormal:MEAN:SIGMA";
  add("--light-service", workload.light_service, kServices)->check(service_time);
  add("--heavy-service", workload.heavy_service, "The same for heavy requests")
      ->check(service_time);
  add("--arrivals", arrivals_, "poisson, uniform or bursty:ON:OFF (milliseconds)");
}

absl::Status SimulateCommand::ReadFlags() {
  for (const std::string& path : costs_files_) {
    if (absl::Status s = simulate::ReadCostsFile(path, &study_.costs); !s.ok()) return s;
  }
  for (const std::string& assignment : costs_) {
    if (absl::Status s = simulate::SetCost(assignment, &study_.costs); !s.ok()) return s;
  }
  const auto arrivals = ArrivalProcess::Parse(arrivals_);
  if (!arrivals.ok()) return arrivals.status();
  study_.workload.arrivals = *arrivals;
  std::sort(study_.loads.begin(), study_.loads.end());
  std::sort(study_.saturation_cores.begin(), study_.saturation_cores.end());
  for (const std::string& name : modes_) {
    const auto mode = FindMode(name);
    if (!mode.ok()) return mode.status();
    study_.modes.push_back(*mode);
    if (study_.workers == 0 && (mode->mode == Mode::kOvertake || mode->mode == Mode::kRamcloud)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--workers has to be at least 1 for %s", name));
    }
  }
  return absl::OkStatus();
}

absl::Status SimulateCommand::Run() {
  if (absl::Status status = ReadFlags(); !status.ok()) return status;
  nlohmann::json document = {
      {"machine", MachineJson()}, {"seed", study_.seed}, {"costs", ToJson(study_.costs)}};
  absl::Status status;
  if (validate_) {
    status = Validate(&document);
  } else if (!measured_.empty()) {
    status = Predict(&document);
  } else {
    status = Study(&document);
  }
  if (!json_.empty()) status.Update(WriteJson(json_, document));
  return status;
}

absl::Status SimulateCommand::Validate(nlohmann::json* document) {
  std::vector<simulate::ValidationRow> rows;
  const uint64_t requests = requests_.value_or(simulate::kValidationRequests);
  nlohmann::json& json = (*document)["validation"];
  double worst = 0;
  {
    Progress progress(simulate::ValidationCount(), 1e-6 * static_cast<double>(requests));
    for (int i = 0; i < simulate::ValidationCount(); ++i) {
      progress.Begin(simulate::ValidationName(i));
      rows.push_back(simulate::Validate(i, requests, study_.seed, [&] { progress.Tick(); }));
      json.push_back(ToJson(rows.back()));
      worst = std::max(worst, std::abs(rows.back().Error()));
    }
  }
  if (json_ != "-") {
    std::cout << absl::StrFormat("%d requests a queue, seed %d; service takes 10 us on average\n",
                                 requests, study_.seed)
              << ToTable(rows);
  }
  if (worst <= simulate::kValidationTolerance) return absl::OkStatus();
  return absl::InternalError(absl::StrFormat("an error of %.2f %% is above %g %%", 100 * worst,
                                             100 * simulate::kValidationTolerance));
}

absl::Status SimulateCommand::Predict(nlohmann::json* document) {
  const auto measured = simulate::MeasuredStudy::Read(measured_);
  if (!measured.ok()) return measured.status();
  std::vector<simulate::Prediction> predictions;
  {
    Progress progress(static_cast<int>(measured->modes().size()), 5);
    for (const NamedMode& mode : measured->modes()) {
      progress.Begin(mode.name);
      const auto some =
          measured->Predict(mode, study_.costs, requests_.value_or(kPredictionRequests),
                            study_.seed, [&] { progress.Tick(); });
      predictions.insert(predictions.end(), some.begin(), some.end());
    }
  }
  nlohmann::json& json = (*document)["predictions"];
  for (const simulate::Prediction& prediction : predictions) json.push_back(ToJson(prediction));
  if (json_ != "-") std::cout << ToTable(predictions);
  return absl::OkStatus();
}

absl::Status SimulateCommand::Study(nlohmann::json* document) {
  if (requests_.has_value()) study_.requests = *requests_;
  simulate::Study result;
  {
    Progress progress(simulate::StudySteps(study_), 2.5e-6 * static_cast<double>(study_.requests));
    result = simulate::RunStudy(
        study_, [&](const std::string& what) { progress.Begin(what); }, [&] { progress.Tick(); });
  }
  document->update(ToJson(result, study_));
  if (json_ != "-") std::cout << ToTable(result, study_);
  return absl::OkStatus();
}

}  // namespace

void AddSimulateCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<SimulateCommand>();
  CLI::App* sub = app.add_subcommand(
      "simulate", "Simulate the architectures as queueing systems, on machines of any size");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
