// Request traces as files that trace viewers open.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "dispatch/request_trace.h"
#include "protocol/command_table.h"

namespace overtake {

// What the requests of one reader's connections did.
struct ReaderTrace {
  int reader = 0;  // its number
  std::vector<TracedPiece> pieces;
};

// Writes a file in the trace event format (JSON) that Perfetto and chrome://tracing read, in place
// of an earlier one once it is complete. Times are microseconds since the first event; a request's
// number and connection, and how long its keys or its value were, are among its arguments.
//
// - Process "threads": a row for each thread that executed, named by `name_of_executor`, with a
//   slice for each piece of a request's execution, named as its command is in `commands`.
// - Process "requests": for each request an asynchronous slice from when it was read until its
//   reply was written, and in it "wait" (until execution), "execute" and "send".
// - "otherData": "start_ns" is when time 0 was, in nanoseconds of CLOCK_MONOTONIC; for whoever
//   wants to hold a client's own times beside these.
//
// Errors: the system's, with the file's name.
absl::Status WriteTraceJson(const std::vector<ReaderTrace>& traces, const CommandTable& commands,
                            absl::FunctionRef<std::string(ExecutorId)> name_of_executor,
                            double ticks_per_microsecond, const std::string& path);

}  // namespace overtake
