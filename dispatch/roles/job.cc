#include "dispatch/roles/job.h"

#include <algorithm>

#include "base/ticks.h"
#include "dispatch/roles/connection.h"

namespace overtake {

void Job::Prepare(RequestHandler* handler) const {
  if (count - next <= 1) return;
  std::array<const Request*, kMaxRequests> all;
  for (size_t i = next; i < count; ++i) all[i - next] = &requests[i];
  handler->Prepare(absl::MakeConstSpan(all).first(count - next));
}

void Job::Execute(RequestHandler* handler, ExecutorId executor, ThreadStats* stats) {
  reply.ChoosePiece();
  const uint64_t now = Ticks();
  const size_t started_before = begun() ? 1 : 0;
  const size_t first = next;
  Run(handler, executor);
  stats->requests.Add(next - first);
  const size_t started = next - first + (begun() ? 1 : 0) - started_before;
  if (started > 0) stats->wait_ticks.Record(now - std::min(now, read_ticks), started);
}

void Job::Run(RequestHandler* handler, ExecutorId executor) {
  const bool alone = heavy();
  const ExecutionContext context = {.executor = executor,
                                    .connection = connection != nullptr ? connection->fd() : -1};
  if (trace != nullptr) trace->Begin(executor);
  while (next < count && !reply.full()) {
    if (trace != nullptr) trace->Start(next, requests[next]);
    if (!begun()) continuation = {};
    outcome = handler->Execute(context, requests[next], &continuation, &reply);
    if (trace != nullptr) trace->Finish();
    if (begun()) return;
    ++next;
    if (closes()) count = next;
    if (alone || heavy()) return;
  }
}

}  // namespace overtake
