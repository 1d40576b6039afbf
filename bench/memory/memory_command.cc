// `overtake-bench memory`: what each store makes of its memory, under the same traces.

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/command.h"
#include "bench/disturbance.h"
#include "bench/machine.h"
#include "bench/memory/memory_cases.h"
#include "bench/memory/memory_comparison.h"
#include "bench/memory/replay_flags.h"
#include "bench/memory/replayer.h"
#include "bench/progress.h"
#include "bench/servers.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

constexpr double kExpectedSeconds = 8;  // of a run

class MemoryCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run();

 private:
  // One line of a table: a case at one size.
  struct Step {
    const MemoryCase* memory_case;
    int memory_mb;
  };

  std::vector<Step> Steps() const;
  absl::Status Measure(const std::vector<Step>& steps, const std::vector<std::string>& servers);
  absl::Status RunServer(const Step& step, const std::string& server, int round,
                         Progress& progress);
  absl::Status Publish(const std::vector<Step>& steps) const;

  ServerFlags servers_;
  ReplayOptions replay_;
  std::vector<std::string> cases_;
  std::vector<int> memories_mb_;
  int rounds_ = 1;
  uint64_t seed_ = 1;
  std::string json_;
  MemoryComparison comparison_;
  DisturbanceMeter::Disturbance disturbance_;
};

void MemoryCommand::AddTo(CLI::App& command) {
  servers_.names = {std::string(kStock), "memcached"};
  servers_.AddTo(command, "--servers", /*with_echo=*/false);
  std::vector<std::string> known;
  for (const MemoryCase& memory_case : MemoryCases()) known.push_back(memory_case.name);
  command
      .add_option("--cases", cases_,
                  absl::StrCat("Cases, separated by commas (default: all: ",
                               absl::StrJoin(known, ", "), ")"))
      ->delimiter(',')
      ->check(CLI::IsMember(known));
  command
      .add_option("--memory", memories_mb_,
                  "Memory of each server in MB (-m), separated by commas (default: each case's "
                  "own)")
      ->delimiter(',')
      ->check(CLI::Range(2, 65'536));
  command.add_option("--rounds", rounds_, "Times that each server is measured, each with a seed")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--seed", seed_, "Of the first round; the next ones count up")
      ->capture_default_str();
  AddReplayFlags(command, &replay_);
  command.add_option("--json", json_,
                     "Also write the results here; bench/report/make_report.py draws them");
}

std::vector<MemoryCommand::Step> MemoryCommand::Steps() const {
  std::vector<Step> steps;
  for (const MemoryCase& memory_case : MemoryCases()) {
    if (!cases_.empty() &&
        std::find(cases_.begin(), cases_.end(), memory_case.name) == cases_.end()) {
      continue;
    }
    for (const int memory_mb : memories_mb_.empty() ? memory_case.memories_mb : memories_mb_) {
      steps.push_back({&memory_case, memory_mb});
    }
  }
  return steps;
}

absl::Status MemoryCommand::Run() {
  std::vector<std::string> missing;
  const auto found = servers_.Find(&missing);
  if (!found.ok()) return found.status();
  std::vector<std::string> servers;
  for (const ServerSpec& spec : *found) servers.push_back(spec.name);
  const std::vector<Step> steps = Steps();
  absl::Status status = Measure(steps, servers);
  if (!comparison_.empty()) {
    const absl::Status published = Publish(steps);
    if (!status.ok()) std::cout << "INCOMPLETE: " << status.message() << std::endl;
    status.Update(published);
  }
  return status;
}

absl::Status MemoryCommand::Measure(const std::vector<Step>& steps,
                                    const std::vector<std::string>& servers) {
  Progress progress(rounds_ * static_cast<int>(steps.size() * servers.size()), kExpectedSeconds);
  const DisturbanceMeter meter;
  absl::Status status;
  for (int round = 0; round < rounds_ && status.ok(); ++round) {
    for (size_t i = 0; i < steps.size() * servers.size() && status.ok(); ++i) {
      // The servers take turns, and a different one is first in each round and at each step.
      const size_t step = i / servers.size();
      const size_t server = (i + step + static_cast<size_t>(round)) % servers.size();
      status = RunServer(steps[step], servers[server], round, progress);
    }
  }
  disturbance_ = meter.Read();
  return status;
}

absl::Status MemoryCommand::RunServer(const Step& step, const std::string& server, int round,
                                      Progress& progress) {
  progress.Begin(absl::StrFormat("round %d of %d: %s at -m %d: %s", round + 1, rounds_,
                                 step.memory_case->name, step.memory_mb, server));
  MemoryRun run;
  run.memory_case = step.memory_case->name;
  run.memory_mb = step.memory_mb;
  run.round = round;
  run.server = server;
  const auto in_run = [&](const absl::Status& status) {
    return absl::Status(
        status.code(),
        absl::StrFormat("%s at -m %d, %s, round %d, after %s requests with a hit ratio of %.4f: %s",
                        run.memory_case, run.memory_mb, server, round + 1,
                        ToString(static_cast<double>(run.replay.counts.requests)),
                        run.replay.counts.HitRatio(), status.message()));
  };
  ServerFlags flags = servers_;
  flags.names = {server};
  flags.memory_mb = step.memory_mb;
  const auto specs = flags.Find(nullptr);
  if (!specs.ok()) return in_run(specs.status());
  auto process = ServerProcess::Start(specs->front(), servers_.port);
  if (!process.ok()) return in_run(process.status());

  ReplayOptions options = replay_;
  options.endpoint = (*process)->endpoint();
  const Workload workload =
      WorkloadOf(*step.memory_case, step.memory_mb, seed_ + static_cast<uint64_t>(round));
  const auto tick = [&](const ReplayResult&) {
    progress.Tick();
    return (*process)->CheckAlive();
  };
  absl::Status status = Replay(options, *MakeSource(workload), tick, &run.replay);
  // When the server died, that is the cause, and the closed connections are a symptom.
  if (absl::Status alive = (*process)->CheckAlive(); !alive.ok()) return in_run(alive);
  if (!status.ok()) return in_run(status);
  const auto store = AskStoreFigures(options.endpoint);
  if (!store.ok()) return in_run(store.status());
  const auto resident = (*process)->ResidentBytes();
  if (!resident.ok()) return in_run(resident.status());
  run.store = *store;
  run.resident_bytes = *resident;
  comparison_.Add(std::move(run));
  return absl::OkStatus();
}

absl::Status MemoryCommand::Publish(const std::vector<Step>& steps) const {
  std::cout << MachineLine() << ", seed " << seed_ << "\n"
            << absl::StrFormat(
                   "Look-aside replay (get, and on a miss set) over %d connections; "
                   "servers: -t %d; median of %d round%s%s.\n"
                   "stock: the installed memcached; other names: modes of overtake "
                   "(--dispatch).\n",
                   replay_.connections, servers_.threads, rounds_, rounds_ == 1 ? "" : "s",
                   rounds_ == 1 ? "" : " (min-max)")
            << disturbance_.Note();
  const std::vector<std::string> measured = comparison_.Cases();
  for (const std::string& name : measured) {
    const auto step = std::find_if(steps.begin(), steps.end(), [&](const Step& each) {
      return each.memory_case->name == name;
    });
    std::cout << "\n"
              << name << ": " << step->memory_case->description << "\n"
              << comparison_.Table(name);
  }
  std::cout << std::endl;
  if (json_.empty()) return absl::OkStatus();
  nlohmann::json document = comparison_.Json();
  document["machine"] = MachineJson();
  document["stolen"] = disturbance_.stolen;
  document["other_processes"] = disturbance_.others;
  document["parameters"] = {{"seed", seed_},
                            {"rounds", rounds_},
                            {"threads", servers_.threads},
                            {"connections", replay_.connections},
                            {"depth", replay_.depth}};
  return WriteJson(json_, document);
}

}  // namespace

void AddMemoryCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<MemoryCommand>();
  CLI::App* sub = app.add_subcommand(
      "memory",
      "Start servers in turn, replay the same traces against each and compare hit "
      "ratio, items held, RSS and refused sets");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
