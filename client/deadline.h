#ifndef OVERTAKE_CLIENT_DEADLINE_H_
#define OVERTAKE_CLIENT_DEADLINE_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace overtake::client {

// On the monotonic clock, which nobody sets back during a wait.
class Deadline {
 public:
  explicit Deadline(absl::Duration timeout)
      : infinite_(timeout == absl::InfiniteDuration()),
        end_(Clock::now() + (infinite_ ? Clock::duration::zero()
                                       : absl::ToChronoNanoseconds(std::min(timeout, kMax)))) {}

  // For poll(): rounded up, so that it never spins through the last millisecond.
  int PollTimeout() const {
    if (infinite_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
    return static_cast<int>(std::clamp<int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr absl::Duration kMax = absl::Hours(24 * 365);

  bool infinite_;
  Clock::time_point end_;
};

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_DEADLINE_H_
