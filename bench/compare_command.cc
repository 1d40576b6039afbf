// `overtake-bench compare`: what each threading architecture does to light requests when heavy
// ones come beside them.

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/command.h"
#include "bench/comparison.h"
#include "bench/disturbance.h"
#include "bench/load/load_flags.h"
#include "bench/machine.h"
#include "bench/picture.h"
#include "bench/progress.h"
#include "bench/servers.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

constexpr double kStepOverheadSeconds = 0.3;  // connecting, storing, waiting for the last replies

class CompareCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run();

 private:
  absl::Status RunRounds(const std::vector<ServerSpec>& servers);
  absl::Status RunServer(const ServerSpec& spec, int round, Progress& progress);
  absl::Status Publish() const;
  std::string Heading() const;
  Picture MakePicture() const;

  std::vector<bool> Conditions() const {
    return load_.heavy_rate > 0 ? std::vector<bool>{false, true} : std::vector<bool>{false};
  }

  ServerFlags servers_;
  LoadFlags load_;
  int rounds_ = 3;
  std::string json_;
  std::string picture_;
  Comparison comparison_;
  Repeater repeater_;
  DisturbanceMeter::Disturbance disturbance_;
};

void CompareCommand::AddTo(CLI::App& command) {
  servers_.AddTo(command, "--modes", /*with_echo=*/false);
  servers_.AddMemoryTo(command);
  load_.AddTo(command);
  command.add_option("--rounds", rounds_, "Times that each server is measured")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  repeater_.AddTo(command);
  command.add_option("--json", json_, "Also write the results here");
  command.add_option("--picture", picture_, "Also draw light p99 by mode here, as SVG");
}

absl::Status CompareCommand::Run() {
  if (absl::Status status = load_.Validate(); !status.ok()) return status;
  std::vector<std::string> missing;
  const auto servers = servers_.Find(&missing);
  if (!servers.ok()) return servers.status();
  if (!missing.empty()) std::cerr << "not there: " << absl::StrJoin(missing, ", ") << std::endl;
  std::cout << Heading() << std::endl;
  absl::Status status = RunRounds(*servers);
  if (!status.ok()) std::cout << "INCOMPLETE: " << status.message() << "\n\n";
  if (!comparison_.empty()) status.Update(Publish());
  return status;
}

absl::Status CompareCommand::RunRounds(const std::vector<ServerSpec>& servers) {
  const size_t steps = static_cast<size_t>(rounds_) * servers.size() * Conditions().size();
  Progress progress(static_cast<int>(steps), load_.warmup + load_.seconds + kStepOverheadSeconds);
  const DisturbanceMeter meter;
  absl::Status status;
  for (int round = 0; round < rounds_ && status.ok(); ++round) {
    // A different server is first in each round.
    for (size_t i = 0; i < servers.size() && status.ok(); ++i) {
      const size_t next = (i + static_cast<size_t>(round)) % servers.size();
      status = RunServer(servers[next], round, progress);
    }
  }
  disturbance_ = meter.Read();
  disturbance_.stolen = repeater_.stolen();
  return status;
}

absl::Status CompareCommand::RunServer(const ServerSpec& spec, int round, Progress& progress) {
  const auto in_run = [&](const absl::Status& status) {
    return absl::Status(status.code(),
                        absl::StrCat(spec.name, ", round ", round + 1, ": ", status.message()));
  };
  auto server = ServerProcess::Start(spec, servers_.port);
  if (!server.ok()) return in_run(server.status());
  const LoadOptions preload = load_.Options((*server)->endpoint(), /*with_heavy=*/true);
  if (absl::Status status = PreloadAll(preload); !status.ok()) return in_run(status);
  for (const bool with_heavy : Conditions()) {
    progress.Begin(absl::StrFormat("round %d of %d: %s, light requests %s", round + 1, rounds_,
                                   spec.name, with_heavy ? "beside heavy ones" : "alone"));
    ComparisonRun kept{
        .round = round, .server = spec.name, .with_heavy = with_heavy, .classes = {}};
    std::vector<ClassResult> measured;
    const absl::Status status = repeater_.Run(
        [&]() -> absl::Status {
          LoadOutcome outcome =
              RunLoad(load_.Options((*server)->endpoint(), with_heavy), [&](const LoadProgress&) {
                progress.Tick();
                return (*server)->CheckAlive();
              });
          if (absl::Status cause = (*server)->CauseOf(outcome.status); !cause.ok()) return cause;
          measured = std::move(outcome.classes);
          return absl::OkStatus();
        },
        [&] { kept.classes = std::move(measured); });
    if (!status.ok()) return in_run(status);
    comparison_.Add(std::move(kept));
  }
  return absl::OkStatus();
}

std::string CompareCommand::Heading() const {
  return absl::StrFormat(
      "%s, seed %d\nLight: %g gets/s on 64 connections. Heavy: %g multigets/s of %d keys x %d B on "
      "8 connections. Servers: -t %d.\n"
      "stock: the installed memcached; other names: modes of overtake (--dispatch).\n"
      "Latency in us from when a request was due; median of %d "
      "rounds of %g s (min-max).\n",
      MachineLine(), load_.seed, load_.light_rate, load_.heavy_rate, load_.keys, load_.value_size,
      servers_.threads, rounds_, load_.seconds);
}

Picture CompareCommand::MakePicture() const {
  Picture picture;
  picture.title = "p99 latency of light requests, alone and beside heavy ones";
  picture.subtitle =
      absl::StrFormat("%g gets/s; %g multigets/s of %d keys × %d B; %s", load_.light_rate,
                      load_.heavy_rate, load_.keys, load_.value_size, ShortMachineLine());
  for (const std::string& server : comparison_.Servers()) {
    picture.rows.push_back({.name = server == kStock ? "stock memcached" : server,
                            .alone = comparison_.Latency(server, false, "light", 0.99),
                            .with_heavy = comparison_.Latency(server, true, "light", 0.99)});
  }
  return picture;
}

absl::Status CompareCommand::Publish() const {
  std::cout << disturbance_.Note();
  std::cout << comparison_.Report() << std::flush;
  absl::Status status;
  if (!json_.empty()) {
    nlohmann::json document = comparison_.Json();
    document["machine"] = MachineJson();
    document["stolen"] = disturbance_.stolen;
    document["other_processes"] = disturbance_.others;
    document["parameters"] = {{"seed", load_.seed},
                              {"rounds", rounds_},
                              {"seconds", load_.seconds},
                              {"warmup", load_.warmup},
                              {"light_rate", load_.light_rate},
                              {"heavy_rate", load_.heavy_rate},
                              {"keys", load_.keys},
                              {"value_size", load_.value_size},
                              {"threads", servers_.threads}};
    if (servers_.workers.has_value()) document["parameters"]["workers"] = *servers_.workers;
    status = WriteJson(json_, document);
  }
  if (picture_.empty()) return status;
  const absl::Status drawn = Draw(MakePicture(), picture_);
  if (absl::IsNotFound(drawn)) {
    std::cerr << "no picture: " << drawn.message() << std::endl;
  } else {
    status.Update(drawn);
  }
  return status;
}

}  // namespace

void AddCompareCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<CompareCommand>();
  CLI::App* sub = app.add_subcommand(
      "compare", "Start servers in turn and time light requests alone and beside heavy ones");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
