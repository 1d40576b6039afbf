#include "server/debug_delay.h"

#include <time.h>

#include <cerrno>

#include "protocol/key_list.h"
#include "protocol/number.h"

namespace overtake {
namespace {

constexpr uint64_t kNanosPerMicro = 1'000;
constexpr uint64_t kNanosPerSecond = 1'000'000'000;

uint64_t Now(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNanosPerSecond + static_cast<uint64_t>(now.tv_nsec);
}

// By the thread's own time: a spin that loses its processor to others still does all of its work,
// as a request that computes something would.
void Spin(uint64_t nanos) {
  const uint64_t end = Now(CLOCK_THREAD_CPUTIME_ID) + nanos;
  while (Now(CLOCK_THREAD_CPUTIME_ID) < end) {
  }
}

// Until a moment rather than for a time, so that signals do not add to it.
void Sleep(uint64_t nanos) {
  const uint64_t end = Now(CLOCK_MONOTONIC) + nanos;
  const timespec until = {.tv_sec = static_cast<time_t>(end / kNanosPerSecond),
                          .tv_nsec = static_cast<long>(end % kNanosPerSecond)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace

std::optional<DebugDelay> DebugDelay::Parse(std::string_view arguments) {
  KeyList words(arguments);
  std::string_view kind, micros, more;
  if (!words.Next(&kind) || !words.Next(&micros) || words.Next(&more)) return std::nullopt;
  DebugDelay delay = {};
  if (kind != "spin" && kind != "sleep") return std::nullopt;
  delay.kind = kind == "spin" ? Kind::kSpin : Kind::kSleep;
  if (!ParseUint64(micros, &delay.micros) || delay.micros > kMaxMicros) return std::nullopt;
  return delay;
}

void DebugDelay::Run() const {
  if (micros == 0) return;
  (kind == Kind::kSpin ? Spin : Sleep)(micros * kNanosPerMicro);
}

}  // namespace overtake
