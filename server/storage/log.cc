#include "server/storage/log.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
#include <system_error>

#include "server/storage/epoch.h"

namespace overtake {

Log::Log(const Geometry& geometry, bool huge_pages)
    : geometry_(geometry), segment_shift_(std::countr_zero(geometry.segment)) {
  // Less where the system limits addresses.
  for (const size_t most : {geometry.max_memory / geometry.segment, geometry.segments}) {
    memory_ = std::make_unique<AddressRange>(most * geometry.segment);
    descriptors_ = std::make_unique<AddressRange>(most * sizeof(Segment));
    base_ = memory_->begin();
    segments_ = reinterpret_cast<Segment*>(descriptors_->begin());
    if (memory_->size() == 0 || descriptors_->size() == 0) continue;
    // Where the system has none, ordinary pages do.
    if (huge_pages) madvise(base_, memory_->size(), MADV_HUGEPAGE);
    if (Raise(geometry.segments)) return;
  }
  throw std::system_error(errno, std::generic_category(), "cannot reserve the memory for items");
}

bool Log::Raise(size_t segments) {
  MutexLock lock(&free_mutex_);
  if (!memory_->Use(segments * geometry_.segment) ||
      !descriptors_->Use(segments * sizeof(Segment))) {
    return false;
  }
  while (usable_segments() < segments) {
    if (idle_.empty()) {
      AddSegment();
    } else {
      idle_.back()->state.store(Segment::State::kFree, std::memory_order_relaxed);
      free_.push_back(idle_.back());
      idle_.pop_back();
    }
    free_count_.store(free_segments() + 1, std::memory_order_relaxed);
    usable_.store(usable_segments() + 1, std::memory_order_relaxed);
  }
  return true;
}

void Log::AddSegment() {
  const size_t known = known_segments();
  auto* const segment = new (&segments_[known]) Segment;
  segment->pinned_segments = &pinned_;
  known_.store(known + 1, std::memory_order_release);
}

bool Log::Append(Head head, size_t least, size_t most, Seconds expires, Reservation* reservation,
                 Room* room) {
  least = Round(least);
  most = Round(most);
  OpenSegment* const open = &heads_[static_cast<size_t>(head)];
  MutexLock lock(&open->mutex);
  Segment* segment = open->segment;
  if (segment == nullptr || geometry_.segment - segment->used < least) {
    if (!OpenNext(head, open, reservation)) return false;
    segment = open->segment;
  }
  const size_t bytes = std::min(most, geometry_.segment - segment->used);
  segment->writers.fetch_add(1, std::memory_order_relaxed);
  segment->live.fetch_add(static_cast<uint32_t>(bytes), std::memory_order_relaxed);
  segment->NoteExpiry(expires, static_cast<uint32_t>(bytes));
  room->at = BytesOf(segment) + segment->used;
  room->location = LocationOf(room->at);
  room->bytes = bytes;
  room->segment = segment;
  segment->used += static_cast<uint32_t>(bytes);
  return true;
}

bool Log::OpenNext(Head head, OpenSegment* open, Reservation* reservation) {
  Segment* next = reservation != nullptr ? reservation->Take() : nullptr;
  if (next == nullptr) next = TakeFree(reservation != nullptr ? Claim::kWriter : Claim::kReclaimer);
  if (next == nullptr) return false;
  if (open->segment != nullptr) {
    open->segment->state.store(Segment::State::kSealed, std::memory_order_release);
  }
  const bool small = head == Head::kSmall || head == Head::kSmallCleaned;
  next->part = small ? Part::kSmall : Part::kMain;
  next->used = 0;
  next->flushes = flushes();
  // Location 0 is no entry's.
  if (next == segments_) next->used = static_cast<uint32_t>(geometry_.unit);
  next->ForgetExpiry();
  const bool cleaned = head == Head::kSmallCleaned || head == Head::kMainCleaned;
  next->sequence = cleaned ? open->sequence : sequence_.fetch_add(1, std::memory_order_relaxed) + 1;
  next->state.store(Segment::State::kOpen, std::memory_order_release);
  part_segments_[static_cast<size_t>(next->part)].fetch_add(1, std::memory_order_relaxed);
  open->segment = next;
  return true;
}

void Log::set_cleaned_sequence(Head head, uint64_t sequence) {
  OpenSegment* const open = &heads_[static_cast<size_t>(head)];
  MutexLock lock(&open->mutex);
  open->sequence = sequence;
}

Segment* Log::TakeFree(Claim claim) {
  const size_t kept = claim == Claim::kWriter ? kReclaimersSegments : 0;
  if (free_segments() <= kept) return nullptr;
  MutexLock lock(&free_mutex_);
  const size_t count = free_segments();
  if (count <= kept) return nullptr;
  free_count_.store(count - 1, std::memory_order_relaxed);
  // Memory that was not used yet is touched only when there is no other.
  if (free_.empty()) return &segments_[untouched_++];
  Segment* const segment = free_.back();
  free_.pop_back();
  return segment;
}

void Log::GiveFree(Segment* segment) {
  segment->state.store(Segment::State::kFree, std::memory_order_relaxed);
  MutexLock lock(&free_mutex_);
  free_.push_back(segment);
  free_count_.store(free_segments() + 1, std::memory_order_relaxed);
}

void Log::Idle(Segment* segment) {
  memory_->GiveBack(OffsetOf(segment), geometry_.segment);
  segment->state.store(Segment::State::kIdle, std::memory_order_relaxed);
  MutexLock lock(&free_mutex_);
  idle_.push_back(segment);
  usable_.store(usable_segments() - 1, std::memory_order_relaxed);
}

void Log::Retire(Segment* segment) {
  part_segments_[static_cast<size_t>(segment->part)].fetch_sub(1, std::memory_order_relaxed);
  segment->ticket = Epochs::Retire();
  segment->state.store(Segment::State::kLimbo, std::memory_order_release);
}

void Log::Unpin(void* pinned) {
  auto* const segment = static_cast<Segment*>(pinned);
  if (segment->pins.fetch_sub(1, std::memory_order_release) == 1) {
    segment->pinned_segments->fetch_sub(1, std::memory_order_relaxed);
  }
}

Pin Log::PinByte(const char* byte) {
  Segment* const segment = &segments_[static_cast<uint64_t>(byte - base_) >> segment_shift_];
  if (segment->pins.fetch_add(1, std::memory_order_acquire) == 0 &&
      pinned_.fetch_add(1, std::memory_order_relaxed) >= geometry_.MaxPinned(usable_segments())) {
    pins_refused_.fetch_add(1, std::memory_order_relaxed);
    Unpin(segment);
    return Pin();
  }
  return Pin(segment, &Log::Unpin);
}

void Log::AddStats(LogStats* stats) const {
  const size_t bytes = geometry_.segment;
  stats->segment_bytes = bytes;
  stats->segments = usable_segments();
  const size_t known = known_segments();
  for (size_t i = 0; i < known; ++i) {
    const Segment& segment = segments_[i];
    const Segment::State state = segment.state.load(std::memory_order_acquire);
    const uint64_t live = segment.live.load(std::memory_order_relaxed);
    switch (state) {
      case Segment::State::kFree:
      case Segment::State::kLimbo:
        stats->free_bytes += bytes;
        break;
      case Segment::State::kIdle:
        stats->idle_bytes += bytes;
        break;
      case Segment::State::kIndex:
        stats->index_bytes += bytes;
        break;
      case Segment::State::kOpen:
        // How far it is written is its head's to know.
        stats->live_bytes += live;
        stats->unwritten_bytes += bytes - live;
        break;
      case Segment::State::kSealed:
        stats->live_bytes += live;
        stats->dead_bytes += segment.used - live;
        stats->unwritten_bytes += bytes - segment.used;
        break;
    }
  }
  stats->small_segments = segments_of(Part::kSmall);
  stats->main_segments = segments_of(Part::kMain);
  stats->pinned_segments = pinned_.load(std::memory_order_relaxed);
  stats->pins_refused = pins_refused_.load(std::memory_order_relaxed);
}

}  // namespace overtake
