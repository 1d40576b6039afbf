// What the command line decided.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dispatch/options.h"
#include "dispatch/tls_context.h"
#include "server/storage/store.h"

namespace overtake {

struct Settings {
  DispatchOptions dispatch;
  StoreOptions store;
  int verbosity = 0;
  bool flush_allowed = true;                       // flush_all
  bool shutdown_allowed = false;                   // shutdown
  std::string trace_file = "overtake-trace.json";  // what `debug trace` writes
  bool debug_commands = false;                     // debugtime, debug
  bool tls_enabled = false;
  TlsOptions tls;
  std::string auth_file;        // users and passwords; "": clients need not say who they are
  bool dump_allowed = true;     // stats cachedump, lru_crawler metadump and mgdump
  bool crawler_enabled = true;  // lru_crawler crawl and the dumps, until lru_crawler disable
  bool watch_allowed = true;    // watch
  size_t watcher_buffer_bytes = 256 << 10;  // that a slow watcher may fall behind

  char prefix_delimiter = ':';  // between what stats detail counts by and the rest of a key
  bool detail = false;          // whether it counts from the start

  // Of the process.
  bool daemonize = false;
  std::string pid_file;  // "": none
  std::string user;      // to become, if started as root; "": nobody else
  bool core_dumps = false;
  bool lock_memory = false;

  std::vector<std::string> without_effect;  // options that were accepted for compatibility's sake
};

}  // namespace overtake
