// What a Reader does about requests that are too large for a block: they may hold no more memory
// together than its part of options.input_memory_bytes.
//
// Counted is what has arrived. Beyond the limit a connection awaits room, unread, until others are
// done; the first in the list is always read from, so that one of them gets done, however large. A
// connection that neither gets done nor awaits room, while another one does, is given up after a
// while: its request is an error, and the rest of it dropped.
#include <cstdint>
#include <optional>

#include "base/ticks.h"
#include "dispatch/roles/reader.h"

namespace overtake {
namespace {

// How long an upload may take while others await room: a second, and one more for each so many
// bytes.
constexpr double kSeconds = 1;
constexpr double kBytesPerSecond = 16 << 20;
// And how long it may wait: the many of an attack must not be a line that takes minutes to pass.
constexpr double kWaitSeconds = 3;

}  // namespace

// To be called whenever c->input may have become large, or small.
void Reader::NoteUpload(Connection* c) {
  if (c->input.large() == uploads_.Holds(c)) return;
  if (uploads_.Holds(c)) return EndUpload(c);
  c->upload_time = CoarseTime(Ticks());
  uploads_.PushBack(c);
}

void Reader::EndUpload(Connection* c) {
  uploads_.RemoveIfHeld(c);
  if (c->phase() == Phase::kAwaitingRoom) c->SetPhase(Phase::kReading);
}

bool Reader::HasRoomFor(const Connection* c) const {
  return c == uploads_.first() || blocks_.large_bytes() + kMaxReadBytes <= memory_->input_part();
}

// Whether nothing is to be read from `c` for now. It is looked at again.
bool Reader::LetAwaitRoom(Connection* c) {
  if (!uploads_.Holds(c)) return false;
  const bool awaited = c->phase() == Phase::kAwaitingRoom;
  if (HasRoomFor(c)) {
    if (!awaited) return false;
    c->upload_time = c->request_time = CoarseTime(Ticks());
    c->SetPhase(Phase::kReading);
    return false;
  }
  if (!awaited) c->SetPhase(Phase::kAwaitingRoom);
  if (look_at_uploads_ != nullptr) return true;
  look_at_uploads_ = NewTimer<&Reader::LookAtUploads>({.tv_sec = 0, .tv_usec = 20'000});
  return true;
}

void Reader::LookAtUploads() {
  const double units_per_second = CoarseUnitsPerSecond();
  bool anybody_waits = false;
  Connection* next = nullptr;
  for (Connection* c = uploads_.first(); c != nullptr; c = next) {
    next = uploads_.After(c);
    const bool waits = c->phase() == Phase::kAwaitingRoom;
    if (waits) anybody_waits = true;
    const double allowed =
        waits ? kWaitSeconds
              : kSeconds + static_cast<double>(c->input.large_bytes()) / kBytesPerSecond;
    if (CoarseAge(c->upload_time) <= allowed * units_per_second) {
      if (waits) Enqueue(c);
    } else if (c->job == nullptr) {
      GiveUp(c);
    } else if (c->phase() == Phase::kSending && !c->writable) {
      Close(c, CloseReason::kError);  // it does not read what it is answered
    }
  }
  if (!anybody_waits) look_at_uploads_.reset();
}

void Reader::GiveUp(Connection* c) {
  const std::optional<size_t> kept = c->parser.GiveUp(c->input.unread().size());
  if (!kept.has_value()) return;
  stats_.input_refused.Add(1);
  c->input.Truncate(*kept);
  EndUpload(c);
  NoteUpload(c);
  Enqueue(c);
}

}  // namespace overtake
