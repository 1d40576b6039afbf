// What each thread counts of its own work.
#pragma once

#include <string>
#include <utility>

#include "base/counter.h"
#include "base/histogram.h"

namespace overtake {

// Written by the thread it belongs to, read by the one that answers a request for statistics.
struct alignas(64) ThreadStats {
  // Within 2 %, in 17 KiB a thread.
  static constexpr int kWaitPrecisionBits = 7;

  ThreadStats(std::string thread_name, std::string thread_role)
      : name(std::move(thread_name)), role(std::move(thread_role)) {}

  const std::string name;  // as the kernel knows it
  const std::string role;  // "acceptor", "reader", ...
  Counter connections;     // open now
  Counter requests;        // executed by this thread
  Counter queue_depth;     // what waits for this thread now; its unit depends on the role
  Counter bytes_read;
  Counter bytes_written;
  Counter input_bytes;    // held by requests of its connections that are not executed yet
  Counter input_refused;  // requests that there was no memory to read
  Counter yields;         // turns that ended with requests of the connection left over
  Histogram wait_ticks{kWaitPrecisionBits};  // from a request's read to its run's start, in Ticks
};

}  // namespace overtake
