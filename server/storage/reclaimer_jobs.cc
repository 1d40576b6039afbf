// Which segment the reclaimer turns to next, and what it tells of all of them.
#include <algorithm>

#include "server/storage/reclaimer.h"

namespace overtake {
namespace {

// Of the log's segments, the small part's share: S3-FIFO's tenth.
constexpr size_t kSmallPercent = 10;
// Dead bytes that are let be, of all that segments hold; what is above is cleaned up. While half of
// the memory is free more are: to keep few where there is room would mean to move live bytes over
// and over for nothing (FAST '14, section 2: what cleaning costs grows with the share that lives).
constexpr size_t kDeadPercent = 4;
constexpr size_t kDeadPercentWithRoom = 25;
// A segment fuller than this is not worth cleaning: evicting it frees more for less. What is moved
// leaves less than a chunk of the segment that it goes to unwritten, a sixteenth, which is less
// than is gained.
constexpr size_t kMaxCleanedPercent = 92;
// Without eviction it is, as long as there is no other way; of what was written.
constexpr size_t kMaxCleanedPercentAtNeed = 98;
// A segment is swept when so much of it is thought to have expired.
constexpr size_t kSweepPercent = 6;

// What a look at all segments finds; null where there is none.
struct Candidates {
  Segment* oldest[2] = {nullptr, nullptr};  // by Part
  size_t victims[2] = {0, 0};               // segments that might be evicted, by Part
  Segment* expired = nullptr;
  Segment* hollow = nullptr;
  Segment* hollowest = nullptr;
  uint64_t most_expired = 0;
  double best_score = 0;
  uint64_t least_live = 0;
  uint64_t sealed = 0;  // segments
  uint64_t live = 0;    // bytes in them
};

// RAMCloud's benefit to cost: what is gained, (1 - u), for as long as it will stay so, guessed by
// the segment's age, to what is read and written, 1 + u.
double ScoreOf(double utilisation, double age) {
  return (1 - utilisation) * age / (1 + utilisation);
}

}  // namespace

bool Reclaimer::PickJob(Seconds now, bool urgent) {
  Candidates found;
  const double newest = static_cast<double>(log_->sequence());
  // Unwritten ends count as what is dead does: cleaning regains them too.
  const size_t capacity = log_->geometry().segment;
  const size_t known = log_->known_segments();
  for (size_t i = 0; i < known; ++i) {
    Segment* const segment = &log_->segment(i);
    if (segment->state.load(std::memory_order_acquire) != Segment::State::kSealed) continue;
    if (segment->writers.load(std::memory_order_acquire) > 0) continue;
    const uint64_t live = segment->live.load(std::memory_order_acquire);
    ++found.sealed;
    found.live += live;
    const uint64_t expired = segment->ExpiredBytes(now);
    if (expired * 100 > segment->used * kSweepPercent && expired > found.most_expired) {
      found.expired = segment;
      found.most_expired = expired;
    }
    // Pinned ones would not be free for a while.
    if (segment->pins.load(std::memory_order_relaxed) > 0 && live > 0) continue;
    ++found.victims[static_cast<size_t>(segment->part)];
    Segment*& oldest = found.oldest[static_cast<size_t>(segment->part)];
    if (oldest == nullptr || segment->sequence < oldest->sequence) oldest = segment;
    if (live == 0 || segment->flushes != log_->flushes()) {
      // Free for the taking, or as good as that.
      Begin(Kind::kClean, segment);
      return true;
    }
    // Without anything dead in it, moving it might gain nothing, for ever.
    if (live * 100 > segment->used * kMaxCleanedPercentAtNeed) continue;
    if (found.hollowest == nullptr || live < found.least_live) {
      found.hollowest = segment;
      found.least_live = live;
    }
    if (live * 100 > capacity * kMaxCleanedPercent) continue;
    const double utilisation = static_cast<double>(live) / static_cast<double>(capacity);
    const double score = ScoreOf(utilisation, newest - static_cast<double>(segment->sequence) + 1);
    if (score > found.best_score) {
      found.hollow = segment;
      found.best_score = score;
    }
  }

  if (found.expired != nullptr) {
    Begin(Kind::kSweep, found.expired);
    return true;
  }
  const bool room = log_->free_segments() * 2 > log_->usable_segments();
  const size_t let_be = room ? kDeadPercentWithRoom : kDeadPercent;
  const uint64_t held = found.sealed * capacity;
  const bool much_dead = (held - found.live) * 100 > held * let_be;
  if (found.hollow != nullptr && (much_dead || (urgent && !evict_))) {
    Begin(Kind::kClean, found.hollow);
    return true;
  }
  if (!urgent) return false;
  if (!evict_) {
    // It may gain nothing, and take a segment before it gives one back: not with the last ones.
    if (found.hollowest == nullptr || log_->free_segments() < Log::kReclaimersSegments) {
      return false;
    }
    Begin(Kind::kClean, found.hollowest);
    return true;
  }
  const size_t small = log_->segments_of(Part::kSmall);
  const size_t all = small + log_->segments_of(Part::kMain);
  // The latest were sealed a moment ago, maybe by one large item: what is in them shall have its
  // time.
  constexpr size_t kLatest = 2;
  const bool from_small = small * 100 > all * kSmallPercent &&
                          found.victims[static_cast<size_t>(Part::kSmall)] > kLatest;
  Segment* victim = found.oldest[static_cast<size_t>(from_small ? Part::kSmall : Part::kMain)];
  if (victim == nullptr) {
    victim = found.oldest[static_cast<size_t>(from_small ? Part::kMain : Part::kSmall)];
  }
  if (victim == nullptr) return false;
  Begin(Kind::kEvict, victim);
  return true;
}

void Reclaimer::AddStats(uint64_t limit, LogStats* stats) {
  MutexLock lock(&mutex_);
  *stats = work_;
  const Geometry& g = log_->geometry();
  stats->segment_bytes = g.segment;
  const size_t known = log_->known_segments();
  stats->segments = log_->usable_segments();
  for (size_t i = 0; i < known; ++i) {
    const Segment& segment = log_->segment(i);
    switch (segment.state.load(std::memory_order_acquire)) {
      case Segment::State::kFree:
      case Segment::State::kLimbo:
        stats->free_bytes += g.segment;
        break;
      case Segment::State::kIdle:
        stats->idle_bytes += g.segment;
        break;
      case Segment::State::kIndex:
        stats->index_bytes += g.segment;
        break;
      case Segment::State::kOpen:
        // How far it is written is its head's to know.
        stats->live_bytes += segment.live.load(std::memory_order_relaxed);
        stats->unwritten_bytes += g.segment - segment.live.load(std::memory_order_relaxed);
        break;
      case Segment::State::kSealed: {
        const uint64_t live = segment.live.load(std::memory_order_relaxed);
        stats->live_bytes += live;
        stats->dead_bytes += segment.used - live;
        stats->unwritten_bytes += g.segment - segment.used;
        break;
      }
    }
  }
  stats->index_free_bytes = items_->pages().free_pages() * Geometry::kPageBytes;
  stats->index_bytes -= std::min(stats->index_bytes, stats->index_free_bytes);
  stats->ghost_bytes = items_->ghost().bytes();
  stats->metadata_bytes = g.MetadataFor(limit, known);
  const uint64_t taken =
      (known * g.segment - stats->idle_bytes) + stats->ghost_bytes + stats->metadata_bytes;
  stats->slack_bytes = limit - std::min(limit, taken);
  stats->small_segments = log_->segments_of(Part::kSmall);
  stats->main_segments = log_->segments_of(Part::kMain);
  stats->pinned_segments = log_->pinned_segments();
  stats->pins_refused = log_->pins_refused();
}

}  // namespace overtake
