// What the command line decided.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dispatch/options.h"
#include "dispatch/tls_context.h"
#include "server/storage/store.h"

namespace overtake {

// What would tune memcached's slab classes, LRU lists and hash table: without effect here, but
// checked as there and shown by `stats settings`.
struct Tuning {
  // Half of a slab's page, unless something was given.
  uint32_t slab_chunk_max_bytes() const {
    return (slab_chunk_max != 0 ? slab_chunk_max : kSlabPageKilobytes / 2) << 10;
  }

  static constexpr uint32_t kSlabPageKilobytes = 1024;

  double growth_factor = 1.25;
  int chunk_size = 48;
  int hashpower = 0;  // 0: memcached's choice
  std::string hash_algorithm = "xxh3";
  bool slab_reassign = true;
  int slab_automove = 1;
  double slab_automove_ratio = 0.8;
  double slab_automove_freeratio = 0.01;
  int slab_automove_window = 10;
  uint32_t slab_chunk_max = 0;  // in KB; 0: none was given
  std::string slab_sizes;       // "": none were given
  bool track_sizes = false;
  int lru_crawler_sleep = 100;
  uint32_t lru_crawler_tocrawl = 0;
  bool lru_maintainer = true;
  int hot_lru_pct = 20;
  int warm_lru_pct = 40;
  double hot_max_factor = 0.2;
  double warm_max_factor = 2;
  bool temp_lru = false;
  uint32_t temporary_ttl = 61;
  int tail_repair_time = 0;
  uint32_t worker_logbuf_size = 64;  // in KB
  bool ssl_kernel_tls = false;
};

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

  Tuning tuning;
  std::vector<std::string> without_effect;  // options that were accepted for compatibility's sake
};

}  // namespace overtake
