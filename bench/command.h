#pragma once

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

// The subcommands of overtake-bench. Each function adds one to `app`; when it is the one chosen it
// runs while CLI11 parses, and leaves its outcome in `*outcome`.
namespace overtake::bench {

void AddStudyCommand(CLI::App& app, absl::Status* outcome);
void AddLoadCommand(CLI::App& app, absl::Status* outcome);
void AddProofCommand(CLI::App& app, absl::Status* outcome);
void AddEchoCommand(CLI::App& app, absl::Status* outcome);
void AddCpuCommand(CLI::App& app, absl::Status* outcome);
void AddCompareCommand(CLI::App& app, absl::Status* outcome);
void AddReplayCommand(CLI::App& app, absl::Status* outcome);
void AddMemoryCommand(CLI::App& app, absl::Status* outcome);
void AddPausesCommand(CLI::App& app, absl::Status* outcome);
void AddSimulateCommand(CLI::App& app, absl::Status* outcome);

}  // namespace overtake::bench
