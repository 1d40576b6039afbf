#include "server/storage/reclaimer_choice.h"

namespace overtake {
namespace {

// Of the log's segments, the small part's share: S3-FIFO's tenth.
constexpr size_t kSmallPercent = 10;
// The small part's latest were sealed a moment ago, maybe by one large item: what is in them shall
// have its time.
constexpr size_t kLatest = 2;
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
// A segment is swept when more of it than this is thought to have expired.
constexpr size_t kSweepPercent = 6;

// The segment with the highest score, of equal ones the first.
template <typename Score>
struct Best {
  std::optional<size_t> segment = {};
  Score score = 0;

  void See(size_t number, Score candidate) {
    if (segment.has_value() && candidate <= score) return;
    segment = number;
    score = candidate;
  }
};

// What a look at all segments finds.
struct Candidates {
  Best<int64_t> oldest[2];     // by Part
  size_t victims[2] = {0, 0};  // segments that might be evicted, by Part
  Best<uint64_t> expired;
  Best<double> hollow;       // worth cleaning
  Best<int64_t> least_live;  // to be cleaned at need
  uint64_t settled = 0;      // segments
  uint64_t live = 0;         // bytes in them
};

// RAMCloud's benefit to cost: what is gained, (1 - u), for as long as it will stay so, guessed by
// the segment's age, to what is read and written, 1 + u.
double ScoreOf(const SegmentFacts& segment, const LogFacts& log) {
  const double u = static_cast<double>(segment.live) / static_cast<double>(log.segment_bytes);
  const double age = static_cast<double>(log.newest) - static_cast<double>(segment.sequence) + 1;
  return (1 - u) * age / (1 + u);
}

// Whether there is enough dead that it should be cleaned up. Unwritten ends count as what is dead
// does: cleaning regains them too.
bool MuchIsDead(const Candidates& found, const LogFacts& log) {
  const bool room = log.free * 2 > log.usable;
  const uint64_t held = found.settled * log.segment_bytes;
  return (held - found.live) * 100 > held * (room ? kDeadPercentWithRoom : kDeadPercent);
}

std::optional<Choice> Do(Work work, std::optional<size_t> segment) {
  if (!segment.has_value()) return std::nullopt;
  return Choice{work, *segment};
}

std::optional<Choice> ChooseVictim(const Candidates& found, const LogFacts& log) {
  const bool from_small = log.small * 100 > (log.small + log.main) * kSmallPercent &&
                          found.victims[static_cast<size_t>(Part::kSmall)] > kLatest;
  const std::optional<size_t> small = found.oldest[static_cast<size_t>(Part::kSmall)].segment;
  const std::optional<size_t> main = found.oldest[static_cast<size_t>(Part::kMain)].segment;
  return Do(Work::kEvict, from_small || !main.has_value() ? small : main);
}

}  // namespace

std::optional<Choice> ChooseWork(const LogFacts& log,
                                 absl::FunctionRef<SegmentFacts(size_t number)> look) {
  Candidates found;
  for (size_t i = 0; i < log.segments; ++i) {
    const SegmentFacts segment = look(i);
    if (!segment.settled) continue;
    ++found.settled;
    found.live += segment.live;
    if (segment.expired * 100 > segment.used * kSweepPercent) {
      found.expired.See(i, segment.expired);
    }
    // Pinned ones would not be free for a while.
    if (segment.pinned && segment.live > 0) continue;
    ++found.victims[static_cast<size_t>(segment.part)];
    found.oldest[static_cast<size_t>(segment.part)].See(i, -static_cast<int64_t>(segment.sequence));
    // Free for the taking, or as good as that.
    if (segment.live == 0 || segment.before_flush) return Choice{Work::kClean, i};
    // Without anything dead in it, moving it might gain nothing, for ever.
    if (segment.live * 100 > segment.used * kMaxCleanedPercentAtNeed) continue;
    found.least_live.See(i, -static_cast<int64_t>(segment.live));
    if (segment.live * 100 > log.segment_bytes * kMaxCleanedPercent) continue;
    found.hollow.See(i, ScoreOf(segment, log));
  }

  if (found.expired.segment.has_value()) return Do(Work::kSweep, found.expired.segment);
  const bool at_need = log.urgent && !log.evict;
  if (found.hollow.segment.has_value() && (at_need || MuchIsDead(found, log))) {
    return Do(Work::kClean, found.hollow.segment);
  }
  if (!log.urgent) return std::nullopt;
  if (log.evict) return ChooseVictim(found, log);
  // It may gain nothing, and take a segment before it gives one back: not with the last ones.
  if (log.free < log.reserved) return std::nullopt;
  return Do(Work::kClean, found.least_live.segment);
}

}  // namespace overtake
