// What a user can choose about dispatch.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace overtake {

enum class Mode { kNode, kMemcached, kRamcloud, kNginx, kReuseport };

struct DispatchOptions {
  Mode mode = Mode::kMemcached;
  int threads = 4;  // readers; in the modes that have only one, ignored
  int workers = 4;  // request workers, in the modes that have them; nginx: 0 for none
  int poll_micros =
      -1;  // how long an idle worker polls before it sleeps; -1: by the cores there are

  std::vector<std::string> addresses;  // to listen on, "host" or "host:port"; empty: all
  int port = 11211;
  int backlog = 1024;

  int max_connections = 1024;
  int requests_per_turn = 20;  // of one connection, before a reader turns to the next
  size_t max_item_bytes = 1024 * 1024;
};

// How many threads of these options execute requests; their ExecutorIds are 0 to this, exclusive.
int ExecutorCount(const DispatchOptions& options);

}  // namespace overtake
