// `overtake-bench study`: every architecture, the installed memcached and the floor under the same
// loads, in interleaved rounds.

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
#include "bench/clock.h"
#include "bench/command.h"
#include "bench/disturbance.h"
#include "bench/load/load_run.h"
#include "bench/machine.h"
#include "bench/progress.h"
#include "bench/servers.h"
#include "bench/study/scenarios.h"
#include "bench/study/study_report.h"
#include "bench/study/study_run.h"
#include "bench/study/study_store.h"
#include "bench/study/trace_run.h"

namespace overtake::bench {
namespace {

constexpr double kStepOverheadSeconds = 0.5;  // starting, connecting, storing, waiting for the last

// One run that is to be made.
struct Step {
  const Scenario* scenario;
  const StudyPoint* point;
  const ServerSpec* server;
  int round;

  StudyRun Empty() const {
    StudyRun run;
    run.scenario = scenario->name;
    run.point = point->name;
    run.server = server->name;
    run.round = round;
    return run;
  }
};

bool CanRun(const std::string& server, const Scenario& scenario, const StudyPoint& point) {
  if (scenario.needs_debug_commands) return IsOvertake(server);
  // The floor answers every get with one value of 100 bytes.
  return server != kEcho ||
         std::all_of(point.classes.begin(), point.classes.end(), [](const LoadClass& load) {
           return load.kind == RequestKind::kGet && load.keys_per_request == 1 &&
                  load.sizes.text() == "100";
         });
}

class StudyCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run();

 private:
  absl::Status Prepare();
  std::vector<Step> StepsLeft(const StudyStore& store) const;
  absl::Status RunSteps(const std::vector<Step>& steps, StudyStore* store);
  // Of the scenario that heavy requests are in, in each mode; what is there is kept.
  void TakeTraces(const StudyStore& store);
  absl::Status RunOnce(const Step& step, Progress& progress, StudyRun* run);
  // Writes what is finished, and what is missing, to study.json.
  absl::Status Write(const StudyStore& store) const;
  nlohmann::json Plan() const;

  ServerFlags servers_;
  Repeater repeater_;
  bool quick_ = false;
  int rounds_ = 0;  // 0: as quick_ says, as are these
  double seconds_ = 0;
  double warmup_ = 0.5;
  uint64_t seed_ = 1;
  std::string folder_ = "results/study";
  std::vector<std::string> wanted_;
  bool plan_only_ = false;

  std::vector<ServerSpec> specs_;
  std::vector<Scenario> scenarios_;
  std::map<std::string, std::string> failures_;  // of runs, by key, and of traces
};

void StudyCommand::AddTo(CLI::App& command) {
  servers_.AddTo(command, "--servers", /*with_echo=*/true);
  servers_.AddMemoryTo(command);
  std::vector<std::string> names;
  for (const Scenario& scenario : StudyScenarios(/*quick=*/true)) names.push_back(scenario.name);
  command
      .add_option("--scenarios", wanted_,
                  absl::StrCat("Separated by commas (default: all): ", absl::StrJoin(names, ", ")))
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  command.add_flag("--quick", quick_, "One short round, in less than 3 minutes: for a first look");
  command.add_option("--rounds", rounds_, "Times that each server is measured (5; quick: 1)")
      ->check(CLI::Range(1, 100));
  command.add_option("--seconds", seconds_, "Measured seconds of a run (3; quick: 1)")
      ->check(CLI::Range(0.5, 600.0));
  command.add_option("--warmup", warmup_, "Seconds before them that are not counted")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  command.add_option("--seed", seed_, "Of the schedules, which are the same for all servers")
      ->capture_default_str();
  command
      .add_option("--folder", folder_,
                  "Where results go; a study that was interrupted there is continued")
      ->capture_default_str();
  command.add_flag("--plan", plan_only_, "Say how long it will take, and end");
  repeater_.AddTo(command);
}

absl::Status StudyCommand::Prepare() {
  if (rounds_ == 0) rounds_ = quick_ ? 1 : 5;
  if (seconds_ == 0) seconds_ = quick_ ? 1 : 3;
  std::vector<std::string> missing;
  auto specs = servers_.Find(&missing);
  if (!specs.ok()) return specs.status();
  if (!missing.empty()) std::cerr << "not there: " << absl::StrJoin(missing, ", ") << std::endl;
  specs_ = *std::move(specs);
  for (ServerSpec& spec : specs_) {
    if (IsOvertake(spec.name)) spec.argv.emplace_back("--enable-debug-commands");
  }
  for (Scenario& scenario : StudyScenarios(quick_)) {
    const bool wanted = wanted_.empty() ||
                        std::find(wanted_.begin(), wanted_.end(), scenario.name) != wanted_.end();
    if (wanted) scenarios_.push_back(std::move(scenario));
  }
  return absl::OkStatus();
}

// What must be the same for runs to belong to one study.
nlohmann::json StudyCommand::Plan() const {
  nlohmann::json servers = nlohmann::json::array();
  for (const ServerSpec& spec : specs_) {
    // Without the program's folder.
    servers.push_back(
        {{"name", spec.name},
         {"flags", std::vector<std::string>(spec.argv.begin() + 1, spec.argv.end())}});
  }
  nlohmann::json scenarios = nlohmann::json::array();
  for (const Scenario& scenario : scenarios_) scenarios.push_back(scenario.name);
  return {{"machine", MachineJson()}, {"quick", quick_},       {"rounds", rounds_},
          {"seconds", seconds_},      {"warmup", warmup_},     {"seed", seed_},
          {"servers", servers},       {"scenarios", scenarios}};
}

// Rounds are interleaved: in each, every load meets every server, a different one first.
std::vector<Step> StudyCommand::StepsLeft(const StudyStore& store) const {
  std::vector<Step> steps;
  for (int round = 0; round < rounds_; ++round) {
    for (const Scenario& scenario : scenarios_) {
      for (const StudyPoint& point : scenario.points) {
        for (size_t i = 0; i < specs_.size(); ++i) {
          const ServerSpec& spec = specs_[(i + static_cast<size_t>(round)) % specs_.size()];
          if (!CanRun(spec.name, scenario, point)) continue;
          const Step step{&scenario, &point, &spec, round};
          if (!store.IsFinished(step.Empty())) steps.push_back(step);
        }
      }
    }
  }
  return steps;
}

absl::Status StudyCommand::Run() {
  if (absl::Status status = Prepare(); !status.ok()) return status;
  auto store = StudyStore::Open(folder_, Plan());
  if (!store.ok()) return store.status();
  const std::vector<Step> steps = StepsLeft(*store);
  const double minutes =
      static_cast<double>(steps.size()) * (seconds_ + warmup_ + kStepOverheadSeconds) / 60;
  std::cout << MachineLine() << "\n"
            << absl::StrFormat("%d runs of %g s, %d of them finished before; about %.0f minutes. ",
                               steps.size() + store->finished().size(), seconds_,
                               store->finished().size(), std::max(1.0, minutes))
            << "Results in " << folder_ << "; the same command continues an interrupted study."
            << std::endl;
  if (plan_only_) return absl::OkStatus();
  absl::Status status = RunSteps(steps, &*store);
  if (status.ok()) TakeTraces(*store);
  status.Update(Write(*store));
  std::cout << "\n" << StudyReport(&scenarios_, &store->finished()).Text() << std::flush;
  if (status.ok() && !failures_.empty()) {
    status = absl::InternalError(
        absl::StrCat("not measured, to be made by the next call:\n",
                     absl::StrJoin(failures_, "\n", absl::PairFormatter(": "))));
  }
  return status;
}

absl::Status StudyCommand::RunSteps(const std::vector<Step>& steps, StudyStore* store) {
  Progress progress(static_cast<int>(steps.size()), seconds_ + warmup_ + kStepOverheadSeconds);
  for (const Step& step : steps) {
    progress.Begin(absl::StrFormat("round %d of %d: %s %s, %s", step.round + 1, rounds_,
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
  for (const Scenario& scenario : scenarios_) {
    if (!scenario.traced) continue;
    for (const ServerSpec& spec : specs_) {
      if (!IsOvertake(spec.name)) continue;
      const std::string path = store.PathOf(absl::StrCat("trace-", spec.name, ".json"));
      const std::string clients = absl::StrCat("clients-", spec.name, ".json");
      if (std::filesystem::exists(store.PathOf(clients))) continue;
      const auto seen = TakeTrace(spec, servers_.port, scenario.points[0].classes, seed_, path);
      const absl::Status status = seen.ok() ? store.Write(clients, *seen) : seen.status();
      if (!status.ok())
        failures_[absl::StrCat("trace of ", spec.name)] = std::string(status.message());
    }
  }
}

absl::Status StudyCommand::RunOnce(const Step& step, Progress& progress, StudyRun* run) {
  *run = step.Empty();
  auto server = ServerProcess::Start(*step.server, servers_.port);
  if (!server.ok()) return server.status();
  const LoadOptions options{
      .endpoint = (*server)->endpoint(),
      .classes = step.point->classes,
      .plan = {.warmup_ns = static_cast<int64_t>(warmup_ * kNsPerSecond),
               .duration_ns = static_cast<int64_t>(seconds_ * kNsPerSecond),
               // A round has a schedule of its own, all its servers have the same.
               .seed = seed_ + static_cast<uint64_t>(step.round)}};
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
  nlohmann::json document = StudyReport(&scenarios_, &store.finished()).Json();
  document["plan"] = Plan();
  document["failures"] = failures_;
  document["missing"] = nlohmann::json::array();
  for (const Step& step : StepsLeft(store)) {
    document["missing"].push_back({{"scenario", step.scenario->name},
                                   {"point", step.point->name},
                                   {"server", step.server->name},
                                   {"round", step.round},
                                   {"run", step.Empty().Key()}});
  }
  return store.Write("study.json", document);
}

}  // namespace

void AddStudyCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<StudyCommand>();
  CLI::App* sub = app.add_subcommand(
      "study", "Compare all servers under several loads, with results that pictures are made of");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
