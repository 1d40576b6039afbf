#include "server/storage/reclaimer.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <thread>

#include "server/storage/epoch.h"
#include "server/storage/log_item_view.h"

namespace overtake {

void Reclaimer::PayNow(size_t bytes, Seconds now) {
  // One at a time is enough: who finds another at it goes on.
  if (!mutex_.TryLock()) return;
  // The less there is, the more is done for each byte.
  const size_t ready = Ready();
  const size_t short_by = ready < kReadySegments ? kReadySegments - ready : 0;
  if (short_by > 0) Step(bytes * (2 + 4 * short_by), now, Patience::kWait);
  mutex_.Unlock();
}

bool Reclaimer::MakeRoom(size_t segments, Reservation* reservation, Seconds now) {
  if (segments + kHeads + Log::kReclaimersSegments > log_->usable_segments()) return false;
  if (segments == 1) return SetAside(segments, reservation, now);
  MutexLock lock(&room_mutex_);
  return SetAside(segments, reservation, now);
}

bool Reclaimer::SetAside(size_t segments, Reservation* reservation, Seconds now) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kPatience(2);
  // A reader is in an epoch for microseconds, unless the system took the processor from it. Then
  // emptying more segments would empty the cache and free none of them.
  constexpr std::chrono::milliseconds kPatienceWithReaders(2);
  constexpr std::chrono::microseconds kPause(50);
  const Clock::time_point begin = Clock::now();
  Clock::time_point last_step = begin;
  bool waited = false;
  while (true) {
    while (reservation->size() < segments && reservation->Add()) {
    }
    if (reservation->size() >= segments) return true;
    Progress progress = Progress::kNothingToDo;
    bool readers;  // somebody may be about to leave a segment
    {
      MutexLock lock(&mutex_);
      if (!waited) ++work_.writer_waits;
      waited = true;
      FreeLimbo();
      const bool patient = Clock::now() - last_step < kPatienceWithReaders;
      const size_t missing = segments - reservation->size();
      // Others may have made room while this one waited for the mutex.
      if (log_->free_segments() >= missing + Log::kReclaimersSegments) continue;
      if (!patient || Coming() < missing + Log::kReclaimersSegments) {
        progress = Step(kStepBytes, now, patient ? Patience::kWait : Patience::kDrop);
      }
      readers = !limbo_.empty() && !Epochs::Passed(limbo_.back()->ticket);
    }
    if (progress == Progress::kWorked) {
      last_step = Clock::now();
      continue;
    }
    // What is left belongs to readers, to replies, or to writers that are about to publish. Where
    // memory may just be full, only the first are waited for.
    if (!evict_ && !readers && log_->free_segments() <= Log::kReclaimersSegments) return false;
    if (Clock::now() - begin > kPatience) return false;
    std::this_thread::sleep_for(kPause);
  }
}

bool Reclaimer::MakePages(Seconds now) {
  MutexLock lock(&pages_mutex_);
  if (items_->pages().free_pages() > 0) return true;
  Reservation reservation(log_);
  if (!MakeRoom(1, &reservation, now)) return false;
  Segment* const segment = reservation.Take();
  segment->state.store(Segment::State::kIndex, std::memory_order_release);
  items_->pages().Add(log_->OffsetOf(segment), log_->geometry().segment);
  return true;
}

bool Reclaimer::Maintain(Seconds now) {
  MutexLock lock(&mutex_);
  FreeLimbo();
  if (job_.segment == nullptr && !PickJob(now, Ready() < kReadySegments)) return false;
  return RunJob(kStepBytes, now, Patience::kWait) == Progress::kWorked;
}

size_t Reclaimer::Coming() const {
  return log_->free_segments() +
         static_cast<size_t>(std::count_if(limbo_.begin(), limbo_.end(), [](const Segment* s) {
           return s->pins.load(std::memory_order_relaxed) == 0;
         }));
}

bool Reclaimer::MayDrop() const {
  if (job_.kind == Kind::kClean && !evict_) return false;
  return job_.patience == Patience::kDrop || Coming() == log_->free_segments();
}

Reclaimer::Progress Reclaimer::Step(size_t bytes, Seconds now, Patience patience) {
  FreeLimbo();
  if (job_.segment == nullptr && !PickJob(now, true)) return Progress::kNothingToDo;
  return RunJob(bytes, now, patience);
}

void Reclaimer::FreeLimbo() {
  for (auto it = limbo_.begin(); it != limbo_.end();) {
    Segment* const segment = *it;
    // Tickets grow: when this one has not passed, those behind it have not.
    if (!Epochs::Passed(segment->ticket)) break;
    if (segment->pins.load(std::memory_order_acquire) > 0) {
      ++it;
      continue;
    }
    it = limbo_.erase(it);
    log_->GiveFree(segment);
    limbo_count_.store(limbo_.size(), std::memory_order_relaxed);
  }
}

void Reclaimer::Begin(Kind kind, Segment* segment) {
  job_ = Job{.kind = kind, .segment = segment};
  // Location 0 is nobody's.
  if (segment == &log_->segment(0)) job_.cursor = log_->geometry().unit;
  switch (kind) {
    case Kind::kEvict:
      // S3-FIFO: what was got at all moves on. When whole segments are, room must come from
      // somewhere: the more rounds were fruitless, the more it takes to stay.
      job_.keep_above = std::min(fruitless_ / 4, ItemState::kMaxFrequency);
      break;
    case Kind::kClean:
      log_->set_cleaned_sequence(CleanedHead(), segment->sequence);
      break;
    case Kind::kSweep:
      segment->ForgetExpiry();
      break;
  }
}

Reclaimer::Progress Reclaimer::RunJob(size_t bytes, Seconds now, Patience patience) {
  job_.patience = patience;
  char* const begin = log_->BytesOf(job_.segment);
  size_t done = 0;
  while (job_.cursor < job_.segment->used) {
    if (done >= bytes) return Progress::kWorked;
    // A sweep looks at everything, the others are over when nothing lives here any more. Acquire,
    // with MarkDead's release: the writers that made the last entries dead took them out of the
    // index before, and the ticket that Retire asks for is only good after that.
    if (job_.kind != Kind::kSweep && job_.segment->live.load(std::memory_order_acquire) == 0) break;
    const Entry entry(begin + job_.cursor);
    const size_t size = log_->Round(entry.size());
    const bool room = entry.is_chunk() ? ProcessChunk(entry, now) : ProcessItem(entry, now);
    if (!room) {
      // Elsewhere there may be something that needs none.
      if (job_.kind == Kind::kClean) {
        job_.segment->flushes = log_->flushes();
        job_.segment = nullptr;
      }
      return Progress::kNoRoom;
    }
    job_.cursor += size;
    done += size;
  }
  FinishJob();
  return Progress::kWorked;
}

void Reclaimer::FinishJob() {
  Segment* const segment = job_.segment;
  const Kind kind = job_.kind;
  job_.segment = nullptr;
  if (kind == Kind::kSweep) {
    ++work_.swept_segments;
    return;
  }
  ++(kind == Kind::kEvict ? work_.evicted_segments : work_.cleaned_segments);
  if (kind == Kind::kEvict) {
    const bool fruitful = job_.moved * 8 < size_t{segment->used} * 7;
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

Head Reclaimer::CleanedHead() const {
  return job_.segment->part == Part::kSmall ? Head::kSmallCleaned : Head::kMainCleaned;
}

bool Reclaimer::Stays(const Entry& entry) const {
  // In the place of a large item several small ones could be, so it has to have been got once more.
  constexpr double kLarge = 2;
  const bool large = static_cast<double>(entry.value_bytes()) > kLarge * mean_value_bytes_;
  return entry.state().frequency() > job_.keep_above + (large ? 1 : 0);
}

bool Reclaimer::ProcessItem(const Entry& entry, Seconds now) {
  const Seconds expires = entry.expires();
  if (job_.kind == Kind::kSweep && (expires == 0 || expires > now)) {
    job_.segment->NoteExpiry(expires, static_cast<uint32_t>(log_->Round(entry.size())));
    return true;
  }
  const uint64_t hash = items_->Hash(entry.key());
  Partition* const partition = items_->PartitionOf(hash);
  MutexLock lock(&partition->mutex);
  const Location location = log_->LocationOf(entry.at());
  IndexTable::Slot* const slot = partition->table.FindLocation(Items::TagOf(hash), location);
  if (slot == nullptr) return true;  // dead
  const Partition::Life life = partition->LifeOf(entry, now);
  if (life != Partition::Life::kLive) {
    Drop(partition, slot, life, now);
    return true;
  }
  if (job_.kind == Kind::kSweep) return true;  // touched meanwhile

  const size_t size = log_->Round(entry.size());
  const ItemState state = entry.state();
  if (job_.kind == Kind::kEvict) {
    mean_value_bytes_ += (static_cast<double>(entry.value_bytes()) - mean_value_bytes_) / 1024;
  }
  if (job_.kind == Kind::kClean) {
    if (items_->MoveEntry(slot, CleanedHead(), state)) {
      job_.moved += size;
      work_.cleaned_bytes += size;
      return true;
    }
    if (!MayDrop()) return false;
  } else if (Stays(entry)) {
    const bool small = job_.segment->part == Part::kSmall;
    const ItemState next = state.WithFrequency(small ? 0 : state.frequency() - 1);
    if (items_->MoveEntry(slot, Head::kMain, next)) {
      job_.moved += size;
      (small ? work_.promoted_bytes : work_.reinserted_bytes) += size;
      return true;
    }
    if (!MayDrop()) return false;
  }
  Drop(partition, slot, life, now);
  return true;
}

bool Reclaimer::ProcessChunk(const Entry& chunk, Seconds now) {
  if (job_.kind == Kind::kSweep) return true;  // its item's entry decides
  const uint64_t hash = chunk.chunk_hash();
  const size_t number = chunk.chunk_number();
  Partition* const partition = items_->PartitionOf(hash);
  MutexLock lock(&partition->mutex);
  const Location location = log_->LocationOf(chunk.at());
  IndexTable::Slot* const slot = partition->table.Find(Items::TagOf(hash), [&](Location other) {
    const Entry owner = items_->EntryAt(other);
    return owner.is_large() && number < owner.chunks() && owner.chunk(number) == location;
  });
  if (slot == nullptr) return true;  // dead
  const Entry owner = items_->EntryOf(slot);
  const Partition::Life life = partition->LifeOf(owner, now);
  const bool clean = job_.kind == Kind::kClean;
  // Chunks stay or go as their item does.
  const bool stays = life == Partition::Life::kLive &&
                     (clean || Stays(owner) ||
                      (job_.segment->part == Part::kSmall && items_->PartOf(owner) == Part::kMain));
  if (stays && items_->MoveChunk(owner, number, clean ? CleanedHead() : Head::kMain)) {
    const size_t size = log_->Round(chunk.size());
    job_.moved += size;
    const bool small = job_.segment->part == Part::kSmall;
    (clean ? work_.cleaned_bytes : small ? work_.promoted_bytes : work_.reinserted_bytes) += size;
    return true;
  }
  if (stays && !MayDrop()) return false;
  Drop(partition, slot, life, now);
  return true;
}

void Reclaimer::Drop(Partition* partition, IndexTable::Slot* slot, Partition::Life life,
                     Seconds now) {
  NoteDropped(partition, items_->EntryOf(slot), life, now);
  items_->Unlink(partition, slot);
}

void Reclaimer::Displace(Partition* partition, IndexTable::Slot* slot, uint32_t tag,
                         Location location, Seconds now) {
  const Entry entry = items_->EntryOf(slot);
  NoteDropped(partition, entry, partition->LifeOf(entry, now), now);
  items_->TakeOver(partition, slot, tag, location);
}

void Reclaimer::NoteDropped(Partition* partition, const Entry& entry, Partition::Life life,
                            Seconds now) {
  StoreCounts& counts = partition->counts;
  const bool fetched = entry.state().fetched();
  if (life == Partition::Life::kFlushed) {
    ++counts.reclaimed;
  } else if (life == Partition::Life::kExpired) {
    ++counts.reclaimed;
    if (!fetched) ++counts.expired_unfetched;
  } else if (life == Partition::Life::kLive) {
    ++counts.evictions;
    if (!fetched) ++counts.evicted_unfetched;
    if (listener_ != nullptr) {
      listener_->Evicted(LogItemView(log_, *partition, entry, now, /*with_cas=*/true), now);
    }
    if (items_->PartOf(entry) == Part::kSmall) items_->ghost().Insert(items_->Hash(entry.key()));
  }
}

}  // namespace overtake
