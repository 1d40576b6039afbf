#include "bench/memory/replay_flags.h"

namespace overtake::bench {

void AddReplayFlags(CLI::App& command, ReplayOptions* options) {
  command.add_option("--connections", options->connections, "Connections, each with a thread")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--depth", options->depth, "Requests that a connection sends at once")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("--limit", options->limit_s, "Seconds after which a replay is ended")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
}

}  // namespace overtake::bench
