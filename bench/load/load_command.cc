#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/command.h"
#include "bench/load/load_flags.h"
#include "bench/load/load_spec.h"
#include "bench/load/percentile_file.h"
#include "bench/machine.h"
#include "bench/progress.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

constexpr int kThroughputDepth = 32;

class LoadCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run() const;

 private:
  absl::StatusOr<LoadOptions> Options() const;
  absl::Status Publish(const LoadOutcome& outcome) const;
  nlohmann::json Json(const LoadOutcome& outcome) const;

  Endpoint endpoint_;
  LoadFlags load_;
  std::vector<std::string> specs_;
  bool closed_loop_ = false;
  bool max_throughput_ = false;
  int depth_ = 1;
  std::string json_;
  std::string percentiles_;
};

void LoadCommand::AddTo(CLI::App& command) {
  command.add_option("--host", endpoint_.host, "IPv4 address")->capture_default_str();
  command.add_option("-p,--port", endpoint_.port, "Port")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  // One word each: commas belong to it.
  command
      .add_option("--class", specs_,
                  "A class of requests, see below; may be repeated. Without any: light and heavy "
                  "gets, by the flags for these")
      ->take_all();
  load_.AddTo(command);
  auto* const closed =
      command.add_flag("--closed-loop", closed_loop_,
                       "Send a request when the last one of its connection was answered, whatever "
                       "the rate: hides waits, for throughput and for comparison only");
  command
      .add_option("--depth", depth_, "Requests that a connection keeps unanswered in a closed loop")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      .add_flag("--max-throughput", max_throughput_,
                absl::StrCat("--closed-loop --depth ", kThroughputDepth))
      ->excludes(closed);
  command.add_option("--json", json_, "Also write the results here (\"-\": only, to stdout)");
  command.add_option("--hgrm", percentiles_,
                     "Also write percentiles of each class to <this>-<class>.hgrm, in "
                     "HdrHistogram's form");
  command.footer(LoadSpecHelp());
}

absl::StatusOr<LoadOptions> LoadCommand::Options() const {
  std::vector<LoadClass> classes;
  for (const std::string& spec : specs_) {
    auto load = ParseLoadClass(spec);
    if (!load.ok()) return load.status();
    classes.push_back(*std::move(load));
  }
  if (classes.empty()) classes = load_.Classes(/*with_heavy=*/load_.heavy_rate > 0);
  absl::Status status = specs_.empty() ? load_.Validate() : load_.ValidateClasses(classes);
  if (!status.ok()) return status;
  if (depth_ > 1 && !closed_loop_) {
    return absl::InvalidArgumentError("--depth is for --closed-loop only");
  }
  LoadOptions options = load_.Options(endpoint_, std::move(classes));
  if (closed_loop_ || max_throughput_) options.plan.pacing = Pacing::kClosed;
  options.plan.depth = max_throughput_ ? kThroughputDepth : depth_;
  return options;
}

absl::Status LoadCommand::Run() const {
  const auto options = Options();
  if (!options.ok()) return options.status();
  if (absl::Status status = PreloadAll(*options); !status.ok()) return status;
  LoadOutcome outcome;
  {
    LiveLine line;
    outcome = RunLoad(*options, [&](const LoadProgress& progress) {
      line.Show(absl::StrFormat("%.1f of %g s, %d requests answered", progress.seconds,
                                load_.warmup + load_.seconds, progress.answered));
      return absl::OkStatus();
    });
  }
  if (outcome.classes.empty()) return outcome.status;
  absl::Status status = Publish(outcome);
  return outcome.status.ok() ? status : outcome.status;
}

absl::Status LoadCommand::Publish(const LoadOutcome& outcome) const {
  if (json_ != "-") {
    if (!outcome.status.ok()) std::cout << "INCOMPLETE: " << outcome.status.message() << "\n";
    std::cout << ToTable(outcome.classes) << std::flush;
  }
  absl::Status status;
  if (!json_.empty()) status = WriteJson(json_, Json(outcome));
  if (percentiles_.empty()) return status;
  for (const ClassResult& result : outcome.classes) {
    status.Update(WritePercentiles(absl::StrCat(percentiles_, "-", result.load.name, ".hgrm"),
                                   result.latency));
  }
  return status;
}

nlohmann::json LoadCommand::Json(const LoadOutcome& outcome) const {
  nlohmann::json document = {
      {"machine", MachineJson()},          {"seed", load_.seed},
      {"seconds", load_.seconds},          {"warmup", load_.warmup},
      {"complete", outcome.status.ok()},   {"error", std::string(outcome.status.message())},
      {"classes", nlohmann::json::array()}};
  for (const ClassResult& result : outcome.classes) document["classes"].push_back(ToJson(result));
  return document;
}

}  // namespace

void AddLoadCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<LoadCommand>();
  CLI::App* sub = app.add_subcommand("load", "Send requests to a running server and time them");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
