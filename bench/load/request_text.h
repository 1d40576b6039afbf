#pragma once

#include <string>

#include "absl/status/status.h"
#include "bench/load/key_ring.h"
#include "bench/load/load_class.h"
#include "bench/load/reply_scanner.h"
#include "bench/load/schedule.h"

namespace overtake::bench {

// What the requests of a class look like, and what their replies must.
class RequestText {
 public:
  // `load` and `ring` must outlive this; `ring` may be null when the class has no keys. With
  // `may_miss`, keys need not be there.
  RequestText(const LoadClass& load, const KeyRing* ring, bool may_miss);

  void Append(const Arrival& arrival, std::string* out) const;

  // An InternalError when `reply` is no right answer to `arrival`.
  absl::Status Check(const Arrival& arrival, const Reply& reply) const;

 private:
  absl::Status CheckValues(const Arrival& arrival, const Reply& reply) const;

  const LoadClass& load_;
  const KeyRing* const ring_;
  const bool may_miss_;
  std::string value_;  // of the largest size that a set of the class has
};

}  // namespace overtake::bench
