#include "dispatch/request_trace.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace overtake {
namespace {

using Words = std::array<uint64_t, 8>;
static_assert(sizeof(Words) == sizeof(TracedPiece));

uint32_t Saturated(size_t bytes) {
  return static_cast<uint32_t>(std::min<size_t>(bytes, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

void JobTrace::Start(size_t index, const Request& request) {
  is_open_ = pieces_.size() < kMaxPieces;
  if (!is_open_) return;
  TracedPiece piece = {};
  piece.request = index;
  piece.queued = run_queued_;
  piece.bytes = Saturated(request.keys.bytes() + request.value.size());  // no request has both
  piece.executor = static_cast<uint32_t>(executor_.value);
  piece.command = request.command;
  piece.is_first = pieces_.empty() || pieces_.back().request != index;
  piece.started = Ticks();
  pieces_.push_back(piece);
}

RequestTrace::RequestTrace(size_t pieces)
    : size_(std::bit_ceil(pieces)), slots_(std::make_unique<Slot[]>(size_)) {}

void RequestTrace::Add(const JobTrace& job, int descriptor, size_t requests, uint64_t read_ticks) {
  const uint64_t written = Ticks();
  for (TracedPiece piece : job.pieces_) {
    piece.request += requests_;
    piece.read = read_ticks;
    piece.written = written;
    piece.connection = static_cast<uint32_t>(descriptor);
    piece.in_job = static_cast<uint16_t>(requests);
    Put(piece);
  }
  requests_ += requests;
}

// Releases in the slot as well as in added_: a thread that sees a word of this piece also sees, in
// added_, that the piece which was there before is gone.
void RequestTrace::Put(const TracedPiece& piece) {
  const uint64_t number = added_.load(std::memory_order_relaxed);
  Slot& slot = slots_[number & (size_ - 1)];
  const Words words = std::bit_cast<Words>(piece);
  for (size_t i = 0; i < kWords; ++i) slot[i].store(words[i], std::memory_order_release);
  added_.store(number + 1, std::memory_order_release);
}

std::vector<TracedPiece> RequestTrace::Copy() const {
  const uint64_t end = added_.load(std::memory_order_acquire);
  const uint64_t begin = end - std::min<uint64_t>(end, size_);
  std::vector<TracedPiece> pieces;
  pieces.reserve(end - begin);
  for (uint64_t number = begin; number < end; ++number) {
    const Slot& slot = slots_[number & (size_ - 1)];
    Words words;
    for (size_t i = 0; i < kWords; ++i) words[i] = slot[i].load(std::memory_order_acquire);
    pieces.push_back(std::bit_cast<TracedPiece>(words));
  }
  // Piece number `now` may be half-way into its slot, and what it overwrites is no whole piece.
  const uint64_t now = added_.load(std::memory_order_relaxed);
  const uint64_t whole = now < size_ ? 0 : now - size_ + 1;
  const uint64_t lost = std::min(end, std::max(begin, whole)) - begin;
  pieces.erase(pieces.begin(), pieces.begin() + static_cast<ptrdiff_t>(lost));
  return pieces;
}

}  // namespace overtake
