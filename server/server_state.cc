#include "server/server_state.h"

namespace overtake {

ServerState::ServerState(const Settings* its_settings, Clock* its_clock, Store* its_store,
                         EventLog* its_log)
    : settings(its_settings),
      clock(its_clock),
      store(its_store),
      log(its_log),
      crawler(settings->crawler_enabled, settings->dump_allowed, clock, store),
      prefixes(settings->prefix_delimiter),
      verbosity(settings->verbosity),
      costs(ExecutorCount(settings->dispatch), settings->dispatch.heavy_micros) {
  for (int i = 0; i < ExecutorCount(settings->dispatch); ++i) {
    stats.push_back(std::make_unique<CommandStats>());
  }
  if (settings->detail) log->ObservePrefixes(true);
  log->ObserveRequests(settings->verbosity >= 2);
}

}  // namespace overtake
