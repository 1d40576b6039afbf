#include <memory>

#include "bench/command.h"
#include "bench/load/echo.h"

namespace overtake::bench {
namespace {

struct EchoCommand {
  Endpoint endpoint;
  int threads = 2;
};

}  // namespace

void AddEchoCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<EchoCommand>();
  CLI::App* sub = app.add_subcommand(
      "echo", "Serve fixed replies and nothing else: the floor that `cpu` compares with");
  sub->add_option("--host", command->endpoint.host, "IPv4 address")->capture_default_str();
  sub->add_option("-p,--port", command->endpoint.port, "Port")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  sub->add_option("-t,--threads", command->threads, "Threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  sub->callback([command, outcome] { *outcome = RunEcho(command->endpoint, command->threads); });
}

}  // namespace overtake::bench
