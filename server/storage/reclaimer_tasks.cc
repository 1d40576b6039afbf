// What the reclaimer does to a segment, entry by entry.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "server/storage/epoch.h"
#include "server/storage/log_item_view.h"
#include "server/storage/reclaimer.h"

namespace overtake {
namespace {

SegmentFacts FactsOf(const Segment& segment, const Log& log, Seconds now) {
  // Acquire: what writers did before they sealed, published or marked dead.
  if (segment.state.load(std::memory_order_acquire) != Segment::State::kSealed ||
      segment.writers.load(std::memory_order_acquire) > 0) {
    return {};
  }
  return {.settled = true,
          .part = segment.part,
          .pinned = segment.pins.load(std::memory_order_relaxed) > 0,
          .before_flush = segment.flushes != log.flushes(),
          .sequence = segment.sequence,
          .used = segment.used,
          .live = segment.live.load(std::memory_order_acquire),
          .expired = segment.ExpiredBytes(now)};
}

}  // namespace

bool Reclaimer::PickTask(Seconds now, bool urgent) {
  const LogFacts facts = {.segment_bytes = log_->geometry().segment,
                          .segments = log_->known_segments(),
                          .usable = log_->usable_segments(),
                          .free = log_->free_segments(),
                          .reserved = Log::kReclaimersSegments,
                          .small = log_->segments_of(Part::kSmall),
                          .main = log_->segments_of(Part::kMain),
                          .newest = log_->sequence(),
                          .evict = evict_,
                          .urgent = urgent};
  const std::optional<Choice> choice = ChooseWork(
      facts, [this, now](size_t number) { return FactsOf(log_->segment(number), *log_, now); });
  if (!choice.has_value()) return false;
  Begin(choice->work, &log_->segment(choice->segment));
  return true;
}

void Reclaimer::Begin(Work work, Segment* segment) {
  task_ = Task{.work = work, .segment = segment};
  // Location 0 is no entry's.
  if (segment == &log_->segment(0)) task_.cursor = log_->geometry().unit;
  switch (work) {
    case Work::kEvict:
      // S3-FIFO: what was got at all moves on. When whole segments are, room must come from
      // somewhere: the more rounds were fruitless, the more it takes to stay.
      task_.keep_above = std::min(fruitless_ / 4, ItemState::kMaxFrequency);
      break;
    case Work::kClean:
      log_->set_cleaned_sequence(TargetHead(), segment->sequence);
      break;
    case Work::kSweep:
      segment->ForgetExpiry();
      break;
  }
}

Reclaimer::Progress Reclaimer::RunTask(size_t bytes, Seconds now, Patience patience) {
  task_.patience = patience;
  char* const begin = log_->BytesOf(task_.segment);
  size_t done = 0;
  while (task_.cursor < task_.segment->used) {
    if (done >= bytes) return Progress::kWorked;
    // A sweep looks at everything, the others are over when nothing lives here any more. Acquire,
    // with MarkDead's release: the writers that made the last entries dead took them out of the
    // index before, and the ticket that Retire asks for is only good after that.
    const bool sweep = task_.work == Work::kSweep;
    if (!sweep && task_.segment->live.load(std::memory_order_acquire) == 0) break;
    const Entry entry(begin + task_.cursor);
    const size_t size = log_->SizeOf(entry);
    const bool room = entry.is_chunk() ? ProcessChunk(entry, now) : ProcessItem(entry, now);
    if (!room) {
      // Elsewhere there may be something that needs none.
      if (task_.work == Work::kClean) {
        task_.segment->flushes = log_->flushes();
        task_.segment = nullptr;
      }
      return Progress::kNoRoom;
    }
    task_.cursor += size;
    done += size;
  }
  FinishTask();
  return Progress::kWorked;
}

void Reclaimer::FinishTask() {
  Segment* const segment = task_.segment;
  const Work work = task_.work;
  task_.segment = nullptr;
  if (work == Work::kSweep) {
    ++done_.swept_segments;
    return;
  }
  ++(work == Work::kEvict ? done_.evicted_segments : done_.cleaned_segments);
  if (work == Work::kEvict) {
    const bool fruitful = task_.moved * 8 < size_t{segment->used} * 7;
    if (fruitful) {
      fruitless_ = 0;
    } else if (Ready() <= Log::kReclaimersSegments) {
      ++fruitless_;  // writers wait
    }
  }
  assert(segment->live.load(std::memory_order_relaxed) == 0);
  log_->Retire(segment);
  limbo_.push_back(segment);
  limbo_count_.store(limbo_.size(), std::memory_order_relaxed);
  FreeLimbo();
}

Head Reclaimer::TargetHead() const {
  if (task_.work == Work::kEvict) return Head::kMain;
  return task_.segment->part == Part::kSmall ? Head::kSmallCleaned : Head::kMainCleaned;
}

bool Reclaimer::Stays(const Entry& entry) const {
  // In the place of a large item several small ones could be, so it has to have been got once more.
  constexpr double kLarge = 2;
  const bool large = static_cast<double>(entry.value_bytes()) > kLarge * mean_value_bytes_;
  return entry.state().frequency() > task_.keep_above + (large ? 1 : 0);
}

bool Reclaimer::ProcessItem(const Entry& entry, Seconds now) {
  const Seconds expires = entry.expires();
  if (task_.work == Work::kSweep && (expires == 0 || expires > now)) {
    task_.segment->NoteExpiry(expires, static_cast<uint32_t>(log_->SizeOf(entry)));
    return true;
  }
  const Index::Place place = index_->PlaceOf(entry.key());
  Partition* const partition = place.partition;
  MutexLock lock(&partition->mutex);
  const Location location = log_->LocationOf(entry);
  IndexTable::Slot* const slot = partition->table().FindLocation(place.tag(), location);
  if (slot == nullptr) return true;  // dead
  const Partition::Life life = partition->LifeOf(entry, now);
  if (life != Partition::Life::kLive) {
    Drop(partition, slot, life, now);
    return true;
  }
  if (task_.work == Work::kSweep) return true;  // touched meanwhile

  const bool clean = task_.work == Work::kClean;
  if (!clean) {
    mean_value_bytes_ += (static_cast<double>(entry.value_bytes()) - mean_value_bytes_) / 1024;
  }
  if (clean || Stays(entry)) {
    ItemState state = entry.state();
    if (!clean) state = state.WithFrequency(FromSmall() ? 0 : state.frequency() - 1);
    if (MoveEntry(partition, slot, state)) return true;
    if (!MayDrop()) return false;
  }
  Drop(partition, slot, life, now);
  return true;
}

bool Reclaimer::ProcessChunk(const Entry& chunk, Seconds now) {
  if (task_.work == Work::kSweep) return true;  // its item's entry decides
  const uint64_t hash = chunk.chunk_hash();
  const size_t number = chunk.chunk_number();
  Partition* const partition = index_->PartitionOf(hash);
  MutexLock lock(&partition->mutex);
  const Location location = log_->LocationOf(chunk);
  IndexTable::Slot* const slot = partition->table().Find(Index::TagOf(hash), [&](Location other) {
    const Entry owner = log_->EntryAt(other);
    return owner.is_large() && number < owner.chunks() && owner.chunk(number) == location;
  });
  if (slot == nullptr) return true;  // dead
  const Entry owner = partition->EntryOf(slot);
  const Partition::Life life = partition->LifeOf(owner, now);
  // Chunks stay or go as their item does.
  const bool stays =
      life == Partition::Life::kLive && (task_.work == Work::kClean || Stays(owner) ||
                                         (FromSmall() && log_->PartOf(owner) == Part::kMain));
  if (stays) {
    if (MoveChunk(owner, number)) return true;
    if (!MayDrop()) return false;
  }
  Drop(partition, slot, life, now);
  return true;
}

void Reclaimer::Drop(Partition* partition, IndexTable::Slot* slot, Partition::Life life,
                     Seconds now) {
  NoteDropped(partition, partition->EntryOf(slot), life, now);
  partition->Unlink(slot);
}

void Reclaimer::NoteDropped(Partition* partition, const Entry& entry, Partition::Life life,
                            Seconds now) {
  partition->CountDropped(entry, life);
  if (life != Partition::Life::kLive) return;
  if (listener_ != nullptr) {
    listener_->Evicted(LogItemView(log_, *partition, entry, now, /*with_cas=*/true), now);
  }
  if (log_->PartOf(entry) == Part::kSmall) ghost_->Insert(index_->Hash(entry.key()));
}

bool Reclaimer::MoveEntry(Partition* partition, IndexTable::Slot* slot, ItemState state) {
  const Entry entry = partition->EntryOf(slot);
  Log::Room room;
  if (!AppendMoved(entry, entry.expires(), &room)) return false;
  entry.CopyTo(room.at);
  Entry(room.at).set_state(state);
  partition->Move(slot, room.location, room.bytes);
  Log::Publish(room);
  return true;
}

bool Reclaimer::MoveChunk(const Entry& owner, size_t number) {
  const Entry chunk = log_->EntryAt(owner.chunk(number));
  Log::Room room;
  if (!AppendMoved(chunk, /*expires=*/0, &room)) return false;
  std::memcpy(room.at, chunk.at(), chunk.size());
  owner.set_chunk(number, room.location);
  log_->MarkDead(chunk);
  Log::Publish(room);
  return true;
}

bool Reclaimer::AppendMoved(const Entry& entry, Seconds expires, Log::Room* room) {
  const size_t bytes = entry.size();
  if (!log_->Append(TargetHead(), bytes, bytes, expires, nullptr, room)) return false;
  task_.moved += room->bytes;
  (task_.work == Work::kClean ? done_.cleaned_bytes
   : FromSmall()              ? done_.promoted_bytes
                              : done_.reinserted_bytes) += room->bytes;
  return true;
}

}  // namespace overtake
