#include "server/service.h"

#include <algorithm>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "server/request_log.h"
#include "server/watch/watch_command.h"

namespace overtake {

Service::Service(const Settings* settings, Clock* clock, Store* store, EventLog* log)
    : server_{settings, clock, store, log} {
  for (int i = 0; i < ExecutorCount(settings->dispatch); ++i) {
    server_.stats.push_back(std::make_unique<CommandStats>());
    watched_.push_back(std::make_unique<WatchedStore>(store, clock, log, &server_.prefixes));
  }
  if (settings->detail) log->ObservePrefixes(true);
  log->ObserveRequests(settings->verbosity >= 2);
}

void Service::Abandon(const Request& request, const Continuation& continuation) {
  if (request.command == Command::kWatch) server_.log->RemoveWatcher(continuation.place);
}

void Service::ConnectionOpened(int fd, const PeerAddress& peer) {
  LogOpened(fd, peer);
  TellOpened(server_.log, fd, peer);
}

void Service::ConnectionClosing(int fd, const PeerAddress& peer, CloseReason reason) {
  LogClosed(fd, reason);
  TellClosing(server_.log, fd, peer, reason);
}

Weight Service::WeightOf(const Request& request) const {
  return RowOf(request.command).weigh(server_, request);
}

RequestHandler::Outcome Service::Execute(ExecutionContext context, const Request& request,
                                         Continuation* continuation, Reply* reply) {
  const Call call = {.server = &server_,
                     .store = server_.store,
                     .stats = server_.stats[static_cast<size_t>(context.executor.value)].get(),
                     .request = request,
                     .continuation = continuation,
                     .reply = reply};
  if (server_.log->observed() != 0) return RunObserved(context, call);
  return Run(context.executor, call);
}

RequestHandler::Outcome Service::RunObserved(ExecutionContext context, Call call) {
  WatchedStore* const watched = watched_[static_cast<size_t>(context.executor.value)].get();
  watched->Begin(&call.request, context.connection);
  call.store = watched;
  std::optional<RequestLog> lines;
  if (server_.log->Wants(kRequests)) {
    lines.emplace(context.connection, call.request, *call.continuation, *call.reply);
  }
  const Outcome outcome = Run(context.executor, call);
  if (lines.has_value()) lines->Replied(*call.reply);
  return outcome;
}

RequestHandler::Outcome Service::Run(ExecutorId executor, const Call& call) {
  const CommandRow& row = RowOf(call.request.command);
  return server_.costs.ShouldMeasure(executor, call.request) ? Measure(executor, row, call)
                                                             : row.execute(call);
}

RequestHandler::Outcome Service::Measure(ExecutorId executor, const CommandRow& row,
                                         const Call& call) {
  const uint64_t keys_before = call.stats->keys_retrieved();
  const uint64_t start_ns = CostModel::ThreadNanos();
  const Outcome outcome = row.execute(call);
  const uint64_t ns = CostModel::ThreadNanos() - start_ns;
  const bool retrieval = row.cost == CostModel::Kind::kRetrieve;
  server_.costs.Record(
      executor, row.cost,
      retrieval ? call.stats->keys_retrieved() - keys_before : call.request.value.size(), ns);
  return outcome;
}

void Service::Prepare(absl::Span<const Request* const> requests) {
  constexpr size_t kAtMost = 48;
  absl::InlinedVector<std::string_view, kAtMost> keys;
  for (const Request* request : requests.first(std::min(requests.size(), kAtMost))) {
    std::string_view key = request->key;
    if (key.empty()) KeyList(request->keys).Next(&key);
    if (!key.empty()) keys.push_back(key);
  }
  server_.store->Prefetch(keys);
}

}  // namespace overtake
