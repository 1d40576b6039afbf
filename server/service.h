// Executes requests against the store.
#pragma once

#include <memory>
#include <vector>

#include "dispatch/handler.h"
#include "server/commands/command_table.h"
#include "server/server_state.h"
#include "server/watch/watched_store.h"

namespace overtake {

// The commands of memcached's text protocol, on a Store: what each of them does is in its row of
// the command table. One for the whole server; executes on any number of threads at once (see
// RequestHandler).
class Service final : public RequestHandler {
 public:
  // All must outlive the service.
  Service(const Settings* settings, Clock* clock, Store* store, EventLog* log);

  // Where `stats` finds what dispatch knows. Null before dispatch runs and when it ends.
  void set_architecture(const Architecture* architecture) {
    server_.architecture.store(architecture, std::memory_order_release);
  }

  const CommandTable& commands() const override { return kCommandTable; }
  Outcome Execute(ExecutionContext context, const Request& request, Continuation* continuation,
                  Reply* reply) override;
  void Prepare(absl::Span<const Request* const> requests) override;
  Weight WeightOf(const Request& request) const override;
  void Abandon(const Request& request, const Continuation& continuation) override;
  void ConnectionOpened(int fd, const PeerAddress& peer) override;
  void ConnectionClosing(int fd, const PeerAddress& peer, CloseReason reason) override;

  // What has been learnt of requests' costs. Its Learn is to be called about every second.
  CostModel& costs() { return server_.costs; }

 private:
  Outcome Run(ExecutorId executor, const Call& call);
  // The same while somebody observes.
  Outcome RunObserved(ExecutionContext context, Call call);
  // Executes what is worth measuring.
  Outcome Measure(ExecutorId executor, const CommandRow& row, const Call& call);

  ServerState server_;
  // Whose use is told: what an executor's requests work on while somebody observes. By ExecutorId.
  std::vector<std::unique_ptr<WatchedStore>> watched_;
};

}  // namespace overtake
