// How dispatch gets a request executed. It knows nothing else of commands or of what is stored.
#pragma once

#include <cstdint>

#include "absl/types/span.h"
#include "protocol/reply.h"
#include "protocol/request.h"

namespace overtake {

// What a request will roughly cost, known before it runs.
enum class Weight : uint8_t {
  kTrivial,  // touches no shared state; may be answered by a thread that only dispatches
  kLight,
  kHeavy,  // worth moving away from threads that serve others
};

// Who executes. Each thread that may execute has an id of its own, from 0 up, for the lifetime of
// the architecture: state kept per id needs no synchronisation.
struct ExecutorId {
  int value;
};

class RequestHandler {
 public:
  enum class Outcome {
    kDone,
    kMore,   // the reply is full: send it, then call Execute again with the same request
    kClose,  // send what the reply holds, then close the connection
  };

  virtual ~RequestHandler() = default;

  // Executes `*request` and appends its reply. Called on many threads at once, but never twice at
  // once with the same id. May take from `*request` what is done of it (see kMore).
  virtual Outcome Execute(ExecutorId executor, Request* request, Reply* reply) = 0;

  // A hint that these will be executed next, on this thread: what they need may be fetched for all
  // of them at once.
  virtual void Prepare(absl::Span<const Request* const> /*requests*/) {}

  virtual Weight WeightOf(const Request& request) const = 0;
};

}  // namespace overtake
