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
// A segment fuller than this is not worth cleaning: evicting it frees more for less.
constexpr size_t kMaxCleanedPercent = 92;
// Without eviction, it is, as long as there is no other way.
constexpr size_t kMaxCleanedPercentAtNeed = 98;
// A segment is swept when so much of it is thought to have expired.
constexpr size_t kSweepPercent = 6;

// What a look at all segments finds; null where there is none.
struct Candidates {
  Segment* oldest[2] = {nullptr, nullptr};  // by Part
  size_t victims[2] = {0, 0};               // segments that might be evicted, by Part
  Segment* expired = nullptr;
  Segment* hollow = nullptr;
  uint64_t most_expired = 0;
  double best_score = 0;
  uint64_t used = 0;
  uint64_t live = 0;
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
  const size_t max_percent = evict_ || !urgent ? kMaxCleanedPercent : kMaxCleanedPercentAtNeed;
  for (size_t i = 0; i < log_->geometry().segments; ++i) {
    Segment* const segment = &log_->segment(i);
    if (segment->state.load(std::memory_order_acquire) != Segment::State::kSealed) continue;
    if (segment->writers.load(std::memory_order_acquire) > 0) continue;
    const uint64_t live = segment->live.load(std::memory_order_acquire);
    found.used += segment->used;
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
    if (live * 100 > segment->used * max_percent) continue;
    const double utilisation = static_cast<double>(live) / segment->used;
    const double score = ScoreOf(utilisation, newest - static_cast<double>(segment->sequence) + 1);
    if (live == 0) {
      // Free for the taking.
      Begin(Kind::kClean, segment);
      return true;
    }
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
  const bool much_dead = (found.used - found.live) * 100 > found.used * let_be;
  if (found.hollow != nullptr && (much_dead || (urgent && !evict_))) {
    Begin(Kind::kClean, found.hollow);
    return true;
  }
  if (!urgent || !evict_) return false;
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

void Reclaimer::AddStats(LogStats* stats) {
  MutexLock lock(&mutex_);
  *stats = work_;
  const Geometry& g = log_->geometry();
  stats->segment_bytes = g.segment;
  stats->segments = g.segments;
  for (size_t i = 0; i < g.segments; ++i) {
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
  stats->ghost_bytes = g.ghost;
  stats->metadata_bytes =
      g.segments * sizeof(Segment) + g.partitions * (sizeof(Partition) + sizeof(void*));
  stats->slack_bytes =
      g.memory - g.segments * g.segment - stats->ghost_bytes - stats->metadata_bytes;
  stats->small_segments = log_->segments_of(Part::kSmall);
  stats->main_segments = log_->segments_of(Part::kMain);
  stats->pinned_segments = log_->pinned_segments();
  stats->pins_refused = log_->pins_refused();
}

}  // namespace overtake
