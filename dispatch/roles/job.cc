#include "dispatch/roles/job.h"

#include "dispatch/ticks.h"

namespace overtake {

void Job::Execute(RequestHandler* handler, ExecutorId executor, ThreadStats* stats) {
  while (next < count && !reply.full()) {
    if (!resumed) {
      const uint64_t now = Ticks();
      stats->wait_ticks.Record(now > read_ticks ? now - read_ticks : 0);
    }
    const RequestHandler::Outcome outcome = handler->Execute(executor, &requests[next], &reply);
    resumed = outcome == RequestHandler::Outcome::kMore;
    if (resumed) break;
    stats->requests.Add(1);
    ++next;
    if (outcome == RequestHandler::Outcome::kClose) {
      close = true;
      next = count;
    }
  }
}

}  // namespace overtake
