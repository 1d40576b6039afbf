// `overtake-bench simulate`: the architectures as queueing systems.

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/command.h"
#include "bench/progress.h"
#include "bench/simulate/validation.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

struct SimulateCommand {
  bool validate = false;
  uint64_t requests = simulate::kValidationRequests;
  uint64_t seed = 1;
  std::string json;

  absl::Status Run();
};

absl::Status SimulateCommand::Run() {
  std::vector<simulate::ValidationRow> rows;
  Progress progress(simulate::ValidationCount(), 5);
  for (int i = 0; i < simulate::ValidationCount(); ++i) {
    progress.Begin(simulate::ValidationName(i));
    rows.push_back(simulate::Validate(i, requests, seed, [&] { progress.Tick(); }));
  }
  std::cout << simulate::ToTable(rows);
  return absl::OkStatus();
}

}  // namespace

void AddSimulateCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<SimulateCommand>();
  CLI::App* sub = app.add_subcommand("simulate", "Simulate the architectures as queueing systems");
  sub->add_flag("--validate", command->validate, "Hold the simulator against queueing theory");
  sub->add_option("--requests", command->requests, "")->check(CLI::Range(1000, 1'000'000'000));
  sub->add_option("--seed", command->seed, "");
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
