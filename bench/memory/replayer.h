#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "bench/memory/replay_connection.h"
#include "bench/memory/request.h"
#include "bench/socket.h"
#include "nlohmann/json_fwd.hpp"

namespace overtake::bench {

struct ReplayOptions {
  Endpoint endpoint;
  int connections = 4;
  int depth = 256;                           // requests that a connection sends at once, on average
  double timeout_s = kSocketTimeoutSeconds;  // for the answers of a round
  double limit_s = 600;                      // a longer replay is ended
};

struct ReplayResult {
  ReplayCounts counts;
  double seconds = 0;
};

// Called about ten times a second; an error ends the replay with it.
using ReplayTick = absl::FunctionRef<absl::Status(const ReplayResult&)>;

// Replays all of `source` in rounds: the requests of a round are dealt to the connections by key,
// so that those of a key keep their order, and the next is dealt while it runs. Each connection
// has a thread; the caller's reads `source` and calls `tick`.
//
// `*result` holds what was measured also after an error: that of a connection (see
// ReplayConnection::Exchange), of the source, of `tick`, or DeadlineExceeded after limit_s.
absl::Status Replay(const ReplayOptions& options, RequestSource& source, ReplayTick tick,
                    ReplayResult* result);

nlohmann::json ToJson(const ReplayResult& result);

}  // namespace overtake::bench
