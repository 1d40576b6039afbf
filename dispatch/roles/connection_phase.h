// Where a connection stands: what its next turn is to do.
#pragma once

#include <cstddef>
#include <cstdint>

namespace overtake {

// A connection begins in kHandshaking under TLS, in kReading without. Its reader's thread alone
// changes the phase, by Connection::SetPhase, along these lines:
//
//   kHandshaking          +--------------- kWaiting <---------------+
//        |                v                                         |
//        v         +-> kExecuting ----------------------------> kSending
//     kReading ----+     |     ^                                ^  |  |
//      ^    ^            |     +-------- requests left ---------|--+  |
//      |    |            +---------> kInPool -------------------+     |
//      v    +--------------------- all was sent ----------------------+
//   kAwaitingRoom
//
// From each of them but kInPool it may go over to kClosing. The connection has a job from
// kExecuting on, until all was sent.
enum class Phase : uint8_t {
  kHandshaking,   // takes a step of TLS's handshake
  kReading,       // receives and parses; between two turns, waits for a request or the rest of one
  kAwaitingRoom,  // as kReading, once there is memory for a large request (reader_uploads.cc)
  kExecuting,     // executes what is left of the job, or submits it to the pool
  kInPool,        // none: the job is a worker's, or in the pool's queue. Back: Reader::GiveBack
  kSending,       // sends what the reply holds; between two turns, waits until the socket takes it
  kWaiting,       // executes anew, in a while, a request that has no end (Outcome::kWait)
  kClosing,       // none: the reader closes it, and nothing follows
};

inline constexpr size_t kPhases = 8;

// Whether a connection may go over from phase `from` to `to`.
bool MayFollow(Phase from, Phase to);

}  // namespace overtake
