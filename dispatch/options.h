// What a user can choose about dispatch.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dispatch/listen_address.h"

namespace overtake {

enum class Mode { kNode, kMemcached, kRamcloud, kNginx, kReuseport, kOvertake };

class Authenticator;
class TlsContext;

// Which jobs a pool's worker may have, and in which order.
enum class Policy {
  kFcfs,     // any worker any job, first come first served: RAMCloud
  kReserve,  // some workers are kept for light jobs, which may also have the others: after DARC
             // (Demoulin et al., When Idling is Ideal, SOSP 2021)
  kSize,     // some workers have all heavy jobs and the others all light ones: after Minos (Didona
             // and Zwaenepoel, Size-aware Sharding, NSDI 2019)
};

struct DispatchOptions {
  Mode mode = Mode::kOvertake;
  int threads = 4;   // readers; in the modes that have only one, ignored
  int workers = -1;  // request workers, in the modes that have them; nginx and overtake: 0 for
                     // none; -1: by the mode and the cores there are
  Policy policy = Policy::kFcfs;  // of a pool that has all requests; the two others need 2 workers
  int heavy_micros = 50;          // what a request must be expected to take to be heavy
  int poll_micros =
      -1;  // how long an idle worker polls before it sleeps; -1: by the cores there are

  std::vector<ListenAddress> addresses;  // to listen on; empty: `port` on all interfaces
  // Not owned. TLS is for TCP only.
  TlsContext* tls = nullptr;                     // null: no TLS
  const Authenticator* authenticator = nullptr;  // null: clients need not say who they are
  int port = 11211;        // where an address names none; 0: no TCP at all; -1: any that is free
  int unix_mask = 0700;    // permissions of sockets in the file system
  int idle_timeout_s = 0;  // connections that send nothing for so long are closed; 0: none is
  int handshake_timeout_s = 10;  // what a client has for TLS's handshake; 0: as long as it likes
  bool refuse_fast = true;       // at the limit: false leaves new connections in the kernel's queue
  int backlog = 1024;

  int max_connections = 1024;
  int requests_per_turn = 20;  // of one connection, before a reader turns to the next
  size_t max_item_bytes = 1024 * 1024;

  // What all connections together may hold, in bytes; 0: without limit.
  size_t reply_memory_bytes = 16 << 20;  // of replies that were not sent yet
  size_t input_memory_bytes = 16 << 20;  // of requests larger than a block that are not there yet

  size_t trace_requests = 0;  // that each reader keeps a trace of, see RequestTrace; 0: none
};

// How many workers that makes.
int WorkerCount(const DispatchOptions& options);

// How many threads of these options execute requests; their ExecutorIds are 0 to this, exclusive.
int ExecutorCount(const DispatchOptions& options);

}  // namespace overtake
