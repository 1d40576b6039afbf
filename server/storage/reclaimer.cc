#include "server/storage/reclaimer.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "server/storage/epoch.h"

namespace overtake {

void Reclaimer::PayNow(size_t bytes, Seconds now) {
  // One writer at a time is enough: one that finds another at it goes on.
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
    bool readers;  // one may be about to leave a segment
    {
      MutexLock lock(&mutex_);
      if (!waited) ++done_.writer_waits;
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
  if (pages_->free_pages() > 0) return true;
  Reservation reservation(log_);
  if (!MakeRoom(1, &reservation, now)) return false;
  Segment* const segment = reservation.Take();
  segment->state.store(Segment::State::kIndex, std::memory_order_release);
  pages_->Add(log_->OffsetOf(segment), log_->geometry().segment);
  return true;
}

bool Reclaimer::Maintain(Seconds now) {
  MutexLock lock(&mutex_);
  FreeLimbo();
  if (task_.segment == nullptr && !PickTask(now, Ready() < kReadySegments)) return false;
  return RunTask(kStepBytes, now, Patience::kWait) == Progress::kWorked;
}

size_t Reclaimer::Coming() const {
  return log_->free_segments() +
         static_cast<size_t>(std::count_if(limbo_.begin(), limbo_.end(), [](const Segment* s) {
           return s->pins.load(std::memory_order_relaxed) == 0;
         }));
}

bool Reclaimer::MayDrop() const {
  if (task_.work == Work::kClean && !evict_) return false;
  return task_.patience == Patience::kDrop || Coming() == log_->free_segments();
}

Reclaimer::Progress Reclaimer::Step(size_t bytes, Seconds now, Patience patience) {
  FreeLimbo();
  if (task_.segment == nullptr && !PickTask(now, true)) return Progress::kNothingToDo;
  return RunTask(bytes, now, patience);
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

LogStats Reclaimer::Stats() {
  MutexLock lock(&mutex_);
  LogStats stats = done_;
  log_->AddStats(&stats);
  return stats;
}

}  // namespace overtake
