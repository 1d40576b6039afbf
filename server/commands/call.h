// One execution of a request.
#pragma once

#include <cstddef>
#include <string_view>

#include "dispatch/handler.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "server/server_state.h"
#include "server/stats/command_stats.h"
#include "server/storage/store.h"

namespace overtake {

// What the function of a command is given.
struct Call {
  // Replies with one line, if anybody wants it.
  RequestHandler::Outcome Answer(std::string_view line) const {
    if (!request.noreply) reply->AppendLine(line);
    return RequestHandler::Outcome::kDone;
  }

  // What no item may exceed, as ItemBytes counts.
  size_t max_item_bytes() const { return server->settings->dispatch.max_item_bytes; }

  ServerState* server;
  Store* store;         // the server's; while somebody observes, the executor's WatchedStore
  CommandStats* stats;  // the executor's
  const Request& request;
  Continuation* continuation;
  Reply* reply;
};

// As RequestHandler::Execute and WeightOf.
using CommandFunction = RequestHandler::Outcome(const Call& call);
using WeightFunction = Weight(const ServerState& server, const Request& request);

}  // namespace overtake
