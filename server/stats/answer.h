// Replies to `stats`.
#pragma once

#include "dispatch/handler.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "server/stats/sections.h"

namespace overtake {

// Appends the reply to a kStats, or a part of it: a section, or what `stats` has of commands
// ("reset", "detail", "cachedump"). A reset sets *source.baseline.
RequestHandler::Outcome AnswerStats(const StatsSource& source, const Request& request,
                                    Continuation* continuation, Reply* reply);

}  // namespace overtake
