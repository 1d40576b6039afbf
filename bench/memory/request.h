#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace overtake::bench {

// One request of a trace, as an application in front of a look-aside cache makes it.
struct TraceRequest {
  enum class Op {
    kGet,     // look-aside: a miss is followed by a set, unless `fill` is false
    kSet,     // a write that asks nothing first
    kDelete,  // an invalidation
  };
  Op op = Op::kGet;
  bool fill = true;          // kGet: false where nobody knows the value's size
  std::string key;           // 1 to 250 bytes, as the protocol allows them
  uint32_t value_bytes = 0;  // of the value that a set stores
  uint32_t ttl_s = 0;        // 0: never expires
  double due_s = 0;          // not sent before so many seconds of the replay have passed
};

// Where a replay's requests come from: a trace file or a generator. One thread.
class RequestSource {
 public:
  virtual ~RequestSource() = default;

  // Overwrites all of `*request` with the next one; false, with nothing of use in it, at the end.
  // After an error, which names the place, the source is of no further use.
  virtual absl::StatusOr<bool> Next(TraceRequest* request) = 0;
};

}  // namespace overtake::bench
