// What happened to each request, and when: kept for a person to see it on a time line.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/ticks.h"
#include "dispatch/handler.h"
#include "protocol/request.h"

namespace overtake {

// One piece of the execution of a request; most have one, and each time that a reply fills up
// another one follows. Times are in Ticks.
struct TracedPiece {
  uint64_t request;     // number, by reader
  uint64_t read;        // when the last of its bytes had been received
  uint64_t queued;      // when it was handed to the workers; 0: it was not, or not again
  uint64_t started;     // execution
  uint64_t finished;    // execution
  uint64_t written;     // when its reader had seen all of its reply handed to the kernel
  uint32_t connection;  // its descriptor
  uint32_t bytes;       // of its keys or of its value
  uint32_t executor;    // ExecutorId of the thread
  uint16_t in_job;      // how many requests went the same way together
  Command command;
  bool is_first;  // of its request
};

// Taken down in a job while it goes from thread to thread: belongs to the thread that has the job.
class JobTrace {
 public:
  // A reader: the job's requests arrived.
  void Clear() { pieces_.clear(); }
  // A reader, before it hands the job to workers.
  void Queue() { queued_ = Ticks(); }
  // The executor, before a run of requests and around each.
  void Begin(ExecutorId executor) {
    executor_ = executor;
    run_queued_ = std::exchange(queued_, 0);
  }
  void Start(size_t index, const Request& request);
  void Finish() {
    if (is_open_) pieces_.back().finished = Ticks();
  }

 private:
  friend class RequestTrace;

  // A reply of a gigabyte has some thousand pieces; what happens after these is not taken down.
  static constexpr size_t kMaxPieces = 2048;

  std::vector<TracedPiece> pieces_;  // `request` is the index in the job
  ExecutorId executor_{0};
  uint64_t queued_ = 0;
  uint64_t run_queued_ = 0;
  bool is_open_ = false;
};

// The latest requests of one reader's connections, in a ring: what is new overwrites what is
// oldest. Its memory is allocated at once, 64 bytes for each piece.
//
// Threads: the reader adds, any thread may take a copy meanwhile.
class RequestTrace {
 public:
  // Room for at least `pieces`, which is at least 1.
  explicit RequestTrace(size_t pieces);

  // The reader: all of the job's `requests` requests, read at `read_ticks`, were answered.
  void Add(const JobTrace& job, int descriptor, size_t requests, uint64_t read_ticks);

  // Any thread: what is there, oldest first.
  std::vector<TracedPiece> Copy() const;

 private:
  static constexpr size_t kWords = 8;
  using Slot = std::array<std::atomic<uint64_t>, kWords>;

  void Put(const TracedPiece& piece);

  const size_t size_;
  // A slot is written before added_ counts it. Copy sees by added_ which slots may have been
  // written to meanwhile, and leaves those out.
  const std::unique_ptr<Slot[]> slots_;
  std::atomic<uint64_t> added_{0};
  uint64_t requests_ = 0;  // the reader's
};

}  // namespace overtake
