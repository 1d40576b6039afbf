#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/command.h"
#include "bench/load_flags.h"
#include "bench/machine.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

struct LoadCommand {
  Endpoint endpoint;
  LoadFlags load;
  std::string json;

  absl::Status Run() const;
};

absl::Status LoadCommand::Run() const {
  if (absl::Status status = load.Validate(); !status.ok()) return status;
  const LoadOptions options = load.Options(endpoint, /*with_heavy=*/true);
  if (absl::Status status = PreloadAll(options); !status.ok()) return status;
  const auto results = RunLoad(options, [] { return absl::OkStatus(); });
  if (!results.ok()) return results.status();

  if (json != "-") std::cout << ToTable(*results);
  if (json.empty()) return absl::OkStatus();
  nlohmann::json document = {{"machine", MachineJson()},
                             {"seed", load.seed},
                             {"seconds", load.seconds},
                             {"classes", nlohmann::json::array()}};
  for (const ClassResult& result : *results) document["classes"].push_back(ToJson(result));
  return WriteJson(json, document);
}

}  // namespace

void AddLoadCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<LoadCommand>();
  CLI::App* sub = app.add_subcommand(
      "load", "Send light and heavy requests, open loop, to a running server and time them");
  sub->add_option("--host", command->endpoint.host, "IPv4 address")->capture_default_str();
  sub->add_option("-p,--port", command->endpoint.port, "Port")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command->load.AddTo(*sub);
  sub->add_option("--json", command->json, "Also write the results here (\"-\": only, to stdout)");
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
