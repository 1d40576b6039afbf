// `overtake-bench study`: every architecture, the installed memcached and the floor under the same
// loads, in interleaved rounds. `overtake-bench compare` is the part of it that head-of-line
// blocking shows in, with loads of one's own.

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/command.h"
#include "bench/disturbance.h"
#include "bench/load/load_run.h"
#include "bench/machine.h"
#include "bench/progress.h"
#include "bench/servers.h"
#include "bench/study/study_plan.h"
#include "bench/study/study_report.h"
#include "bench/study/study_run.h"
#include "bench/study/study_store.h"
#include "bench/study/trace_run.h"

namespace overtake::bench {
namespace {

constexpr double kStepOverheadSeconds = 0.5;  // starting, connecting, storing, waiting for the last

class StudyCommand {
 public:
  // Adds the flags and defaults of `study`, or those of `compare`.
  void AddTo(CLI::App& command);
  void AddHeadOfLineTo(CLI::App& command);
  absl::Status Run();

 private:
  void AddCommonTo(CLI::App& command);
  absl::Status Prepare();
  absl::Status RunSteps(const std::vector<StudyStep>& steps, StudyStore* store);
  // Of the scenario that heavy requests are in, in each mode; what is there is kept.
  void TakeTraces(const StudyStore& store);
  absl::Status RunOnce(const StudyStep& step, Progress& progress, StudyRun* run);
  // Writes what is finished, and what is missing, to study.json.
  absl::Status Write(const StudyStore& store) const;
  double RunSeconds() const {
    return plan_.load.seconds + plan_.load.warmup + kStepOverheadSeconds;
  }

  ServerFlags servers_;
  Repeater repeater_;
  bool head_of_line_ = false;  // `compare`
  bool quick_ = false;
  std::vector<std::string> wanted_;  // scenarios
  std::string folder_;
  bool plan_only_ = false;

  StudyPlan plan_;
  std::map<std::string, std::string> failures_;  // of runs, by key, and of traces
};

void StudyCommand::AddTo(CLI::App& command) {
  servers_.AddTo(command, "--servers", /*with_echo=*/true);
  plan_.load.seconds = 3;
  plan_.load.warmup = 0.5;
  plan_.load.AddRunTo(command);
  folder_ = "results/study";
  plan_.rounds = 5;
  AddCommonTo(command);
  std::vector<std::string> names;
  for (const Scenario& scenario : StudyScenarios(/*quick=*/true)) names.push_back(scenario.name);
  command
      .add_option("--scenarios", wanted_,
                  absl::StrCat("Separated by commas (default: all): ", absl::StrJoin(names, ", ")))
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  CLI::Option* const rounds = command.get_option("--rounds");
  CLI::Option* const seconds = command.get_option("--seconds");
  command.add_flag(
      "--quick", quick_,
      "--rounds 1 --seconds 1, and fewer loads: in less than 3 minutes, for a first look");
  command.parse_complete_callback([this, rounds, seconds] {
    if (quick_ && rounds->empty()) plan_.rounds = 1;
    if (quick_ && seconds->empty()) plan_.load.seconds = 1;
  });
}

void StudyCommand::AddHeadOfLineTo(CLI::App& command) {
  head_of_line_ = true;
  servers_.AddTo(command, "--modes,--servers", /*with_echo=*/false);
  plan_.load.AddTo(command);
  folder_ = "results/hol";
  plan_.rounds = 3;
  AddCommonTo(command);
}

void StudyCommand::AddCommonTo(CLI::App& command) {
  servers_.AddMemoryTo(command);
  command.add_option("--rounds", plan_.rounds, "Times that each server is measured")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command
      .add_option("--folder", folder_,
                  "Where results go; a study that was interrupted there is continued")
      ->capture_default_str();
  command.add_flag("--plan", plan_only_, "Say how long it will take, and end");
  repeater_.AddTo(command);
}

absl::Status StudyCommand::Prepare() {
  if (absl::Status status = plan_.load.Validate(); !status.ok()) return status;
  std::vector<std::string> missing;
  auto specs = servers_.Find(&missing);
  if (!specs.ok()) return specs.status();
  if (!missing.empty()) std::cerr << "not there: " << absl::StrJoin(missing, ", ") << std::endl;
  plan_.servers = *std::move(specs);
  plan_.threads = servers_.threads;
  plan_.workers = servers_.workers;
  for (ServerSpec& spec : plan_.servers) {
    if (IsOvertake(spec.name)) spec.argv.emplace_back("--enable-debug-commands");
  }
  if (head_of_line_) {
    const std::vector<LoadClass> classes = plan_.load.Classes(/*with_heavy=*/true);
    plan_.scenarios = HeadOfLineScenarios(classes[0], classes[1]);
    return absl::OkStatus();
  }
  for (Scenario& scenario : StudyScenarios(quick_)) {
    const bool wanted = wanted_.empty() ||
                        std::find(wanted_.begin(), wanted_.end(), scenario.name) != wanted_.end();
    if (wanted) plan_.scenarios.push_back(std::move(scenario));
  }
  return absl::OkStatus();
}

absl::Status StudyCommand::Run() {
  if (absl::Status status = Prepare(); !status.ok()) return status;
  auto store = StudyStore::Open(folder_, plan_.Json());
  if (!store.ok()) return store.status();
  const std::vector<StudyStep> steps = plan_.StepsLeft(*store);
  const double minutes = static_cast<double>(steps.size()) * RunSeconds() / 60;
  std::cout << MachineLine() << "\n"
            << absl::StrFormat("%d runs of %g s, %d of them finished before; about %.0f minutes. ",
                               steps.size() + store->finished().size(), plan_.load.seconds,
                               store->finished().size(), std::max(1.0, minutes))
            << "Results in " << folder_ << "; the same command continues an interrupted study."
            << std::endl;
  if (plan_only_) return absl::OkStatus();
  absl::Status status = RunSteps(steps, &*store);
  if (status.ok()) TakeTraces(*store);
  status.Update(Write(*store));
  std::cout << "\n" << StudyReport(&plan_.scenarios, &store->finished()).Text() << std::flush;
  if (status.ok() && !failures_.empty()) {
    status = absl::InternalError(
        absl::StrCat("not measured, to be made by the next call:\n",
                     absl::StrJoin(failures_, "\n", absl::PairFormatter(": "))));
  }
  return status;
}

absl::Status StudyCommand::RunSteps(const std::vector<StudyStep>& steps, StudyStore* store) {
  Progress progress(static_cast<int>(steps.size()), RunSeconds());
  for (const StudyStep& step : steps) {
    progress.Begin(absl::StrFormat("round %d of %d: %s %s, %s", step.round + 1, plan_.rounds,
                                   step.scenario->name, step.point->name, step.server->name));
    StudyRun run, kept;
    double stolen = 0;
    const absl::Status status = repeater_.Run(
        [&] {
          const DisturbanceMeter meter;
          absl::Status measured = RunOnce(step, progress, &run);
          stolen = meter.Stolen();
          return measured;
        },
        [&] {
          kept = run;
          kept.stolen = stolen;
        });
    if (!status.ok()) {
      // The other runs do not depend on this one.
      failures_[step.Empty().Key()] = std::string(status.message());
      continue;
    }
    if (absl::Status added = store->Add(std::move(kept)); !added.ok()) return added;
    // For whoever looks at it meanwhile, or interrupts it.
    if (absl::Status written = Write(*store); !written.ok()) return written;
  }
  return absl::OkStatus();
}

void StudyCommand::TakeTraces(const StudyStore& store) {
  for (const Scenario& scenario : plan_.scenarios) {
    if (!scenario.traced) continue;
    for (const ServerSpec& spec : plan_.servers) {
      if (!IsOvertake(spec.name)) continue;
      const std::string path = store.PathOf(absl::StrCat("trace-", spec.name, ".json"));
      const std::string clients = absl::StrCat("clients-", spec.name, ".json");
      if (std::filesystem::exists(store.PathOf(clients))) continue;
      const auto seen =
          TakeTrace(spec, servers_.port, scenario.points[0].classes, plan_.load.seed, path);
      const absl::Status status = seen.ok() ? store.Write(clients, *seen) : seen.status();
      if (!status.ok())
        failures_[absl::StrCat("trace of ", spec.name)] = std::string(status.message());
    }
  }
}

absl::Status StudyCommand::RunOnce(const StudyStep& step, Progress& progress, StudyRun* run) {
  *run = step.Empty();
  auto server = ServerProcess::Start(*step.server, servers_.port);
  if (!server.ok()) return server.status();
  LoadOptions options = plan_.load.Options((*server)->endpoint(), step.point->classes);
  // A round has a schedule of its own, all its servers have the same.
  options.plan.seed += static_cast<uint64_t>(step.round);
  const absl::Status stored = (*server)->CauseOf(PreloadAll(options));
  if (!stored.ok()) return stored;
  const LoadOutcome outcome = RunLoad(options, [&](const LoadProgress&) {
    progress.Tick();
    return (*server)->CheckAlive();
  });
  if (absl::Status cause = (*server)->CauseOf(outcome.status); !cause.ok()) return cause;
  run->SetClasses(outcome.classes);
  return absl::OkStatus();
}

absl::Status StudyCommand::Write(const StudyStore& store) const {
  nlohmann::json document = StudyReport(&plan_.scenarios, &store.finished()).Json();
  document["plan"] = plan_.Json();
  document["failures"] = failures_;
  document["missing"] = nlohmann::json::array();
  for (const StudyStep& step : plan_.StepsLeft(store)) {
    document["missing"].push_back({{"scenario", step.scenario->name},
                                   {"point", step.point->name},
                                   {"server", step.server->name},
                                   {"round", step.round},
                                   {"run", step.Empty().Key()}});
  }
  return store.Write("study.json", document);
}

}  // namespace

void AddCompareCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<StudyCommand>();
  CLI::App* sub = app.add_subcommand(
      "compare", "Start servers in turn and time light requests alone and beside heavy ones");
  command->AddHeadOfLineTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

void AddStudyCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<StudyCommand>();
  CLI::App* sub = app.add_subcommand(
      "study", "Compare all servers under several loads, with results that pictures are made of");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
