#pragma once

#include <cstddef>
#include <cstdint>

namespace overtake::bench::simulate {

class Thread;

// A request on its way through the model.
struct Request {
  double due_us = 0;      // when its client was to send it
  double execute_us = 0;  // drawn from its load's service time
  double request_kb = 0;
  double unsent_kb = 0;      // of its reply
  uint64_t submitted = 0;    // its number among those that a pool got
  Thread* reader = nullptr;  // who reads it and writes its reply, once it has arrived
  uint32_t load = 0;         // which one it is of
  uint32_t connection = 0;   // over all loads
  uint32_t worker = 0;       // who executes it, of a pool
  bool heavy = false;
};

// The pieces of work that a request's way consists of.
enum class Step : uint8_t {
  kClientSend,
  kRead,     // a reader reads and parses the request, for others to execute
  kTurn,     // a reader reads it, executes it and sends (the first portion of) its reply
  kExecute,  // a worker executes it
  kSend,     // a reader sends (a portion of) its reply
  kClientReceive,
  kOverhead,  // of no request
};

struct Work {
  Request* request = nullptr;
  double us = 0;  // of a core's time
  Step step = Step::kOverhead;
  bool low = false;  // done at low priority
};

}  // namespace overtake::bench::simulate
