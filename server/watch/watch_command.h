// The command watch, and events of connections.
#pragma once

#include "dispatch/handler.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "server/watch/event_log.h"

namespace overtake {

// Executes a kWatch: makes its connection a watcher (continuation->place is then its number in
// the log), and each time it is called again sends what there is to tell. kWait, as RequestHandler
// says, unless it is refused.
RequestHandler::Outcome Watch(bool allowed, EventLog* log, const Request& request,
                              Continuation* continuation, Reply* reply);

// Tells watchers that a connection was opened, or is about to be closed. Any thread.
void TellOpened(EventLog* log, int fd, const PeerAddress& peer);
void TellClosing(EventLog* log, int fd, const PeerAddress& peer, CloseReason reason);

}  // namespace overtake
