#pragma once

#include "CLI/CLI.hpp"
#include "bench/memory/replayer.h"

namespace overtake::bench {

// Adds the flags of every command that replays: --connections, --depth and --limit, with what
// `*options` holds as their defaults. `*options` must outlive `command`.
void AddReplayFlags(CLI::App& command, ReplayOptions* options);

}  // namespace overtake::bench
