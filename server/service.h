// Executes requests against the store.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/handler.h"
#include "dispatch/options.h"
#include "server/clock.h"
#include "server/command_stats.h"
#include "server/cost_model.h"
#include "server/item_commands.h"
#include "server/lru_crawler.h"
#include "server/meta.h"
#include "server/prefix_stats.h"
#include "server/settings.h"
#include "server/stats.h"
#include "server/storage/store.h"
#include "server/watch/event_log.h"
#include "server/watch/watched_store.h"

namespace overtake {

class Architecture;

// The commands of memcached's text protocol, on a Store: those on items through ItemCommands and
// MetaCommands. One for the whole server; executes on any number of threads at once (see
// RequestHandler).
class Service final : public RequestHandler {
 public:
  // All must outlive the service.
  Service(const Settings* settings, Clock* clock, Store* store, EventLog* log);

  // Where `stats` finds what dispatch knows. Null before dispatch runs and when it ends.
  void set_architecture(const Architecture* architecture) {
    architecture_.store(architecture, std::memory_order_release);
  }

  Outcome Execute(ExecutionContext context, const Request& request, Continuation* continuation,
                  Reply* reply) override;
  void Prepare(absl::Span<const Request* const> requests) override;
  Weight WeightOf(const Request& request) const override;
  void Abandon(const Request& request, const Continuation& continuation) override;
  void ConnectionOpened(int fd, const PeerAddress& peer) override;
  void ConnectionClosing(int fd, const PeerAddress& peer, CloseReason reason) override;

  // What has been learnt of requests' costs. Its Learn is to be called about every second.
  CostModel& costs() { return costs_; }
  const CostModel& costs() const { return costs_; }

 private:
  // What executes commands on items, on one store.
  struct Engine {
    Engine(const Settings& settings, Clock* clock, Store* store)
        : items(clock, store), meta(clock, store, settings.store.max_item_bytes) {}

    ItemCommands items;
    MetaCommands meta;
  };
  // The same on a store whose use is told: an executor's, while somebody observes.
  struct WatchedEngine {
    WatchedEngine(Service* service, const Settings& settings);

    WatchedStore store;
    Engine engine;
  };

  Outcome Run(ExecutionContext context, CommandStats* stats, const Request& request,
              Continuation* continuation, Reply* reply);
  // What is no command on items.
  Outcome ExecuteOther(CommandStats* stats, const Request& request, Continuation* continuation,
                       Reply* reply);
  std::string_view FlushAll(CommandStats* stats, const Request& request);
  // False, with an error line, when the client may not, or asks for something else.
  bool EndServer(const Request& request, std::string_view* error) const;
  void RefreshCertificates(const Request& request, Reply* reply) const;
  Outcome WriteStats(const Request& request, Continuation* continuation, Reply* reply);
  std::string_view SetMemoryLimit(uint64_t megabytes);
  std::string_view DebugTime(const Request& request);
  void Debug(const Request& request, Reply* reply) const;

  const Settings* const settings_;
  Clock* const clock_;  // only debugtime changes it
  Store* const store_;
  EventLog* const log_;
  Engine engine_;
  LruCrawler crawler_;
  PrefixStats prefixes_;
  std::atomic<const Architecture*> architecture_{nullptr};
  std::atomic<int> verbosity_;
  std::vector<std::unique_ptr<CommandStats>> stats_;     // by ExecutorId
  std::vector<std::unique_ptr<WatchedEngine>> watched_;  // by ExecutorId
  CostModel costs_;
  StatsBaseline baseline_;
};

}  // namespace overtake
