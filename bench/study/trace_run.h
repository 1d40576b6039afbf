#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/load/load_class.h"
#include "bench/server_process.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// Starts `server`, which is a mode of overtake, sends it `classes` for a second, and has it write
// what became of its latest requests to `path` (`debug trace`, see docs/tracing.md): for pictures,
// not for figures, since being traced costs requests a little. Returns what the client saw of all
// of its requests, with which the server's times are put together:
//
//   {"start_ns": time 0 of the schedule, by CLOCK_MONOTONIC,
//    "classes": [{"name", "requests": [[connection, due, sent, done], ...]}]}
//
// in nanoseconds from start_ns, by when they were done.
absl::StatusOr<nlohmann::json> TakeTrace(ServerSpec server, int first_port,
                                         const std::vector<LoadClass>& classes, uint64_t seed,
                                         const std::string& path);

}  // namespace overtake::bench
