#include "dispatch/roles/connection_phase.h"

#include <array>

namespace overtake {
namespace {

constexpr uint8_t Bit(Phase phase) {
  return static_cast<uint8_t>(1U << static_cast<unsigned>(phase));
}

template <typename... Phases>
constexpr uint8_t Set(Phases... phases) {
  return static_cast<uint8_t>((0U | ... | Bit(phases)));
}

// What may follow each phase, in their order.
constexpr std::array<uint8_t, kPhases> kFollowing = {
    /*kHandshaking*/ Set(Phase::kReading, Phase::kClosing),
    /*kReading*/ Set(Phase::kAwaitingRoom, Phase::kExecuting, Phase::kClosing),
    /*kAwaitingRoom*/ Set(Phase::kReading, Phase::kClosing),
    /*kExecuting*/ Set(Phase::kInPool, Phase::kSending, Phase::kClosing),
    /*kInPool*/ Set(Phase::kSending),
    /*kSending*/ Set(Phase::kReading, Phase::kExecuting, Phase::kWaiting, Phase::kClosing),
    /*kWaiting*/ Set(Phase::kExecuting, Phase::kClosing),
    /*kClosing*/ Set(),
};

}  // namespace

bool MayFollow(Phase from, Phase to) {
  return (kFollowing[static_cast<size_t>(from)] & Bit(to)) != 0;
}

}  // namespace overtake
