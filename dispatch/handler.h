// How dispatch gets a request executed. It knows nothing else of commands or of what is stored.
#pragma once

#include <cstdint>

#include "absl/types/span.h"
#include "dispatch/peer_address.h"
#include "protocol/command_table.h"
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
  int value = 0;
};

// Who executes a request, and for whom.
struct ExecutionContext {
  ExecutorId executor;
  int connection = -1;  // its descriptor, as logs name it
};

// What of a request was done when Execute said kMore or kWait. The words are the handler's:
// dispatch keeps them beside the request until its next Execute, and begins each request with
// zeros.
struct Continuation {
  uint64_t place = 0;  // where to go on
  uint64_t done = 0;   // of what there is a limit to
};

// Why a connection is closed.
enum class CloseReason : uint8_t {
  kError,   // it is broken
  kNormal,  // its client wants it so, or has itself closed it
  kIdleTimeout,
  kShutdown,  // the server ends
};

class RequestHandler {
 public:
  enum class Outcome {
    kDone,
    kMore,   // the reply is full: send it, then call Execute again with the same request
    kWait,   // as kMore, but in a while: there may be something to send then, or not
    kClose,  // send what the reply holds, then close the connection
  };

  virtual ~RequestHandler() = default;

  // What can be asked for; outlives the handler. Any thread.
  virtual const CommandTable& commands() const = 0;

  // Executes `request`, from `*continuation` on, and appends its reply. Called on many threads at
  // once, but never twice at once with the same executor's id.
  virtual Outcome Execute(ExecutionContext context, const Request& request,
                          Continuation* continuation, Reply* reply) = 0;

  // A hint that these will be executed next, on this thread: what they need may be fetched for all
  // of them at once.
  virtual void Prepare(absl::Span<const Request* const> /*requests*/) {}

  virtual Weight WeightOf(const Request& request) const = 0;

  // A request for which Execute said kMore or kWait will not be executed again: its connection is
  // closed. Any thread.
  virtual void Abandon(const Request& /*request*/, const Continuation& /*continuation*/) {}

  // A connection is there, and is about to be closed; the descriptor is open. Any thread.
  virtual void ConnectionOpened(int /*fd*/, const PeerAddress& /*peer*/) {}
  virtual void ConnectionClosing(int /*fd*/, const PeerAddress& /*peer*/, CloseReason /*reason*/) {}
};

}  // namespace overtake
