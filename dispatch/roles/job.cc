#include "dispatch/roles/job.h"

#include "dispatch/roles/connection.h"
#include "dispatch/ticks.h"

namespace overtake {

void Job::Execute(RequestHandler* handler, ExecutorId executor, size_t max_reply_bytes,
                  ThreadStats* stats) {
  reply.set_soft_limit(max_reply_bytes);
  const bool alone = heavy();
  if (connection != nullptr) executor.connection = connection->fd;
  if (trace != nullptr) trace->Begin(executor);
  while (next < count && !reply.full()) {
    if (!begun()) {
      const uint64_t now = Ticks();
      stats->wait_ticks.Record(now > read_ticks ? now - read_ticks : 0);
    }
    if (trace != nullptr) trace->Start(next, requests[next]);
    const RequestHandler::Outcome outcome = handler->Execute(executor, &requests[next], &reply);
    if (trace != nullptr) trace->Finish();
    resumed = outcome == RequestHandler::Outcome::kMore;
    waiting = outcome == RequestHandler::Outcome::kWait;
    if (begun()) return;
    stats->requests.Add(1);
    ++next;
    if (outcome == RequestHandler::Outcome::kClose) {
      close = true;
      next = count;
    }
    if (alone || heavy()) return;
  }
}

}  // namespace overtake
