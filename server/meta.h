// Executes meta commands against the store.
#pragma once

#include <cstddef>

#include "protocol/reply.h"
#include "protocol/request.h"
#include "server/clock.h"
#include "server/command_stats.h"
#include "server/storage/store.h"

namespace overtake {

// The meta commands of memcached's text protocol (protocol.txt, "Meta Commands") but mn. Any number
// of threads may execute at once, each with its own CommandStats.
class MetaCommands {
 public:
  // Items larger than `max_item_bytes`, as ItemBytes counts, are not appended to. Both must outlive
  // this.
  MetaCommands(const Clock* clock, Store* store, size_t max_item_bytes)
      : clock_(clock), store_(store), max_item_bytes_(max_item_bytes) {}

  // mg, ms, md, ma and me: each appends its reply.
  void Get(CommandStats* stats, const Request& request, Reply* reply);
  void Set(CommandStats* stats, const Request& request, Reply* reply);
  void Delete(CommandStats* stats, const Request& request, Reply* reply);
  void Arithmetic(CommandStats* stats, const Request& request, Reply* reply);
  void Debug(CommandStats* stats, const Request& request, Reply* reply);

 private:
  const Clock* const clock_;
  Store* const store_;
  const size_t max_item_bytes_;
};

}  // namespace overtake
