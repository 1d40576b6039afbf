// Requests of one connection on their way to being executed and answered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dispatch/handler.h"
#include "dispatch/request_trace.h"
#include "dispatch/thread_stats.h"
#include "protocol/reply.h"
#include "protocol/request.h"

namespace overtake {

struct Connection;

// What a reader hands to a worker, or executes itself: the requests that one connection had sent
// when its turn came, in order, and the reply they get. The requests of one connection are never
// with two workers at once, so they are executed in order and each sees what those before it did.
//
// A job is owned by one thread at a time: reader -> (pool -> worker -> reader); it is handed over
// as a pointer, and the bytes its requests point into stay in the connection's input buffer.
struct Job {
  static constexpr size_t kMaxRequests = 32;

  // `memory`: where its reply is counted; null: nowhere.
  explicit Job(ReplyMemory* memory = nullptr) : reply(memory) {}

  bool finished() const { return next == count; }
  // Whether the next request was executed before, and filled a reply or is to wait a while.
  bool begun() const { return resumed() || waiting(); }
  bool resumed() const { return outcome == RequestHandler::Outcome::kMore; }
  bool waiting() const { return outcome == RequestHandler::Outcome::kWait; }
  // Whether the connection ends once the reply was sent.
  bool closes() const { return outcome == RequestHandler::Outcome::kClose; }
  // Whether the next request is Weight::kHeavy.
  bool heavy() const { return next < count && (heavy_requests >> next & 1) != 0; }
  void set_heavy(size_t request) { heavy_requests |= uint32_t{1} << request; }

  // Tells the handler what will be executed next.
  void Prepare(RequestHandler* handler) const;

  // Executes requests from `next` on: a run of those that are not heavy, or one that is; less when
  // the reply is full (between two items, so it may be larger by one).
  void Execute(RequestHandler* handler, ExecutorId executor, ThreadStats* stats);

  void Run(RequestHandler* handler, ExecutorId executor);

  Connection* connection = nullptr;
  std::array<Request, kMaxRequests> requests;
  size_t count = 0;
  size_t next = 0;
  // Of the last request that was executed: the next one, unless that is done.
  RequestHandler::Outcome outcome = RequestHandler::Outcome::kDone;
  uint32_t heavy_requests = 0;  // a bit for each request
  bool trivial = true;          // all requests are Weight::kTrivial
  Continuation continuation;    // of the next request, if it was begun before
  bool wrote = false;           // something of the reply was sent
  uint64_t read_ticks = 0;
  Reply reply;
  std::unique_ptr<JobTrace> trace;  // null: requests are not traced

  Job* mpsc_next = nullptr;   // for the reader's list of finished jobs
  Job* queue_next = nullptr;  // for the pool's queue
  uint64_t queue_number = 0;  // in the order of arrival there
  uint64_t queued_ticks = 0;  // when it came there
  bool light_queued = false;  // it is light, and came there: counted in Reader::light_queued_
};

}  // namespace overtake
