// overtake-bench: measures cache servers that speak memcached's classic text protocol.

#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "bench/command.h"

namespace {

constexpr int kRunFailed = 1;
constexpr int kBadFlags = 2;

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures cache servers that speak memcached's classic text protocol",
               "overtake-bench");
  app.require_subcommand(1);
  absl::Status outcome;
  overtake::bench::AddCompareCommand(app, &outcome);
  overtake::bench::AddStudyCommand(app, &outcome);
  overtake::bench::AddLoadCommand(app, &outcome);
  overtake::bench::AddCpuCommand(app, &outcome);
  overtake::bench::AddMemoryCommand(app, &outcome);
  overtake::bench::AddReplayCommand(app, &outcome);
  overtake::bench::AddPausesCommand(app, &outcome);
  overtake::bench::AddProofCommand(app, &outcome);
  overtake::bench::AddSimulateCommand(app, &outcome);
  overtake::bench::AddEchoCommand(app, &outcome);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // --help, too, comes as one
    return app.exit(error) == 0 ? 0 : kBadFlags;
  }
  if (outcome.ok()) return 0;
  std::cerr << "overtake-bench: " << outcome.message() << std::endl;
  return absl::IsInvalidArgument(outcome) ? kBadFlags : kRunFailed;
}
