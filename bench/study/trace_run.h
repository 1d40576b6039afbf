#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/load_class.h"
#include "bench/server_process.h"

namespace overtake::bench {

// Starts `server`, which is a mode of overtake, sends it `classes` for a second, and has it write
// what became of its latest requests to `path` (`debug trace`, see docs/tracing.md): for pictures,
// not for figures, since being traced costs requests a little.
absl::Status TakeTrace(ServerSpec server, int first_port, const std::vector<LoadClass>& classes,
                       uint64_t seed, const std::string& path);

}  // namespace overtake::bench
