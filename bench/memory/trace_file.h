#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "bench/memory/request.h"

namespace overtake::bench {

struct TraceFileOptions {
  std::string path;             // plain or gzipped
  std::string format = "auto";  // one of kTraceFormats
  // Unset: requests follow each other as fast as they are answered, and TTLs are the trace's, so
  // that one shorter than the trace but longer than the replay never ends. Set: the trace's time
  // passes so many times faster. A request is due when its timestamp says, and TTLs are divided
  // and rounded up to whole seconds, which is the protocol's unit: choose it so that TTLs that
  // matter stay some seconds long.
  std::optional<double> speed_up = std::nullopt;
};

// The requests of a trace, read as they are asked for. Errors name file and line; an empty file,
// or one of comments only, is one of them.
absl::StatusOr<std::unique_ptr<RequestSource>> OpenTrace(const TraceFileOptions& options);

}  // namespace overtake::bench
