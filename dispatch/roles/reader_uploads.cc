// What a Reader does about requests that are too large for a block: they may hold no more memory
// together than its part of options.input_memory_bytes.
//
// Counted is what has arrived. Beyond the limit a connection awaits room, unread, until others are
// done; whoever is first in the list is always read from, so that one of them gets done, however
// large. Who neither gets done nor awaits room, while somebody else does, is given up after a
// while: its request is an error, and the rest of it dropped.
#include <algorithm>
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
  if (c->input.large() == c->uploads) return;
  if (c->uploads) return EndUpload(c);
  c->uploads = true;
  c->upload_ticks = Ticks();
  uploads_.PushBack(c);
}

void Reader::EndUpload(Connection* c) {
  if (!c->uploads) return;
  uploads_.Remove(c);
  c->uploads = c->awaits_room = false;
}

bool Reader::HasRoomFor(const Connection* c) const {
  return c == uploads_.first() || blocks_.large_bytes() + kMaxReadBytes <= memory_->input_part();
}

// Whether nothing is to be read from `c` for now. It is looked at again.
bool Reader::LetAwaitRoom(Connection* c) {
  if (!c->uploads) return false;
  if (HasRoomFor(c)) {
    if (c->awaits_room) c->upload_ticks = c->request_ticks = Ticks();
    c->awaits_room = false;
    return false;
  }
  c->awaits_room = true;
  if (look_at_uploads_ != nullptr) return true;
  constexpr timeval kAWhile = {.tv_sec = 0, .tv_usec = 20'000};
  look_at_uploads_.reset(event_new(
      loop_.base(), -1, EV_PERSIST,
      [](int, short, void* self) { static_cast<Reader*>(self)->LookAtUploads(); }, this));
  event_add(look_at_uploads_.get(), &kAWhile);
  return true;
}

void Reader::LookAtUploads() {
  const double ticks_per_second = 1e6 * TicksPerMicrosecond();
  const uint64_t now = Ticks();
  bool anybody_waits = false;
  Connection* next = nullptr;
  for (Connection* c = uploads_.first(); c != nullptr; c = next) {
    next = c->next_upload;
    if (c->awaits_room) anybody_waits = true;
    const double allowed =
        c->awaits_room ? kWaitSeconds
                       : kSeconds + static_cast<double>(c->input.large_bytes()) / kBytesPerSecond;
    const auto taken = static_cast<double>(now - std::min(now, c->upload_ticks));
    if (c->in_flight || taken <= allowed * ticks_per_second) {
      if (c->awaits_room) Enqueue(c);
      continue;
    }
    if (c->job == nullptr) {
      GiveUp(c);
    } else if (!c->job->reply.empty() && !c->writable) {
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
