// Makes room in the log.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "server/storage/eviction_listener.h"
#include "server/storage/ghost.h"
#include "server/storage/index.h"
#include "server/storage/log.h"
#include "server/storage/page_pool.h"
#include "server/storage/reclaimer_choice.h"
#include "server/storage/store_stats.h"

namespace overtake {

// Turns segments with something in them into free ones, in small steps, one step at a time:
//
// - eviction, S3-FIFO (Yang et al., SOSP '23, algorithm 1) with segments for queues. New items are
//   appended to the small part; when it has more than its share, its oldest segment goes: what was
//   got since is moved to the main part, the rest to the ghost. Else the oldest segment of the main
//   part goes: what was got since its last round gets another one, the rest goes.
// - cleaning (cost-benefit, Rumble et al., FAST '14, section 4): when much of the log is dead,
//   what lives in the segment that promises most is moved together.
// - sweeping: expired items are taken out where a segment is thought to hold enough of them.
//
// Which of these comes next, and for which segment, is decided in reclaimer_choice.h.
//
// Writers pay for what they append: while few segments are free, each takes a step in proportion.
// So none waits for a whole segment, and no thread has to be scheduled in time. A background
// thread, if there is one, sweeps, cleans and evicts ahead.
class Reclaimer {
 public:
  // Evicts if `evict` says so: the keys of what it drops from the small part go to `ghost`, and
  // `listener`, which may be null, is told.
  Reclaimer(Log* log, Index* index, PagePool* pages, Ghost* ghost, bool evict,
            EvictionListener* listener)
      : log_(log),
        index_(index),
        pages_(pages),
        ghost_(ghost),
        evict_(evict),
        listener_(listener) {}
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;

  // All of these: any thread; but for NoteDropped, with no partition's lock and outside of any
  // epoch.

  // After `bytes` were appended.
  void Pay(size_t bytes, Seconds now) {
    if (Ready() < kReadySegments) PayNow(bytes, now);
  }
  // Sets so many segments aside. False when they cannot be had: nothing may be evicted, or what
  // readers and slow clients keep is not given back in time.
  bool MakeRoom(size_t segments, Reservation* reservation, Seconds now);
  // Gives the index more pages. False as above.
  bool MakePages(Seconds now);
  // Counts an item that is about to be taken out, and tells the listener if it was alive.
  void NoteDropped(Partition* partition, const Entry& entry, Partition::Life life, Seconds now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(partition->mutex);
  // One step of what need not wait for writers. True if there is more to do.
  bool Maintain(Seconds now);

  // What was done, and where the bytes of segments are.
  LogStats Stats();

 private:
  // Free segments, besides those for the reclaimer itself, that need no more.
  static constexpr size_t kReadySegments = Log::kReclaimersSegments + 2;
  static constexpr size_t kStepBytes = 16 << 10;

  // What to do when an item that should stay cannot be moved before readers have left a segment:
  // come back to it, or let it go.
  enum class Patience : uint8_t { kWait, kDrop };
  enum class Progress : uint8_t { kWorked, kNothingToDo, kNoRoom };
  // Work on a segment, begun and not finished.
  struct Task {
    Work work = Work::kEvict;
    Segment* segment = nullptr;  // null: no task
    size_t cursor = 0;           // bytes from the segment's begin that were looked at
    size_t moved = 0;            // bytes
    uint32_t keep_above = 0;     // kEvict: items with a higher frequency stay
    Patience patience = Patience::kWait;
  };

  // Segments that are free or will be once readers have left.
  size_t Ready() const {
    return log_->free_segments() + limbo_count_.load(std::memory_order_relaxed);
  }
  void PayNow(size_t bytes, Seconds now);

  bool SetAside(size_t segments, Reservation* reservation, Seconds now);
  // Free segments and those that will be as soon as readers have left; not the pinned ones, which
  // clients keep for as long as they like.
  size_t Coming() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Progress Step(size_t bytes, Seconds now, Patience patience) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when there is nothing to do. `urgent`: as in LogFacts.
  bool PickTask(Seconds now, bool urgent) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Begin(Work work, Segment* segment) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Progress RunTask(size_t bytes, Seconds now, Patience patience)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // An item of the task's segment, or a chunk, that should stay found no room: whether it may go.
  bool MayDrop() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishTask() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FreeLimbo() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Each does to one entry what the task is about. False when there is no room to move it to.
  bool ProcessItem(const Entry& entry, Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ProcessChunk(const Entry& chunk, Seconds now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Eviction: whether the item was got often enough to stay.
  bool Stays(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves the entry, or the chunk of an entry. False when there is no room.
  bool MoveEntry(Partition* partition, IndexTable::Slot* slot, ItemState state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_, partition->mutex);
  bool MoveChunk(const Entry& owner, size_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AppendMoved(const Entry& entry, Seconds expires, Log::Room* room)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes out an item that is no longer alive, or, with kLive, one for which there is no memory.
  void Drop(Partition* partition, IndexTable::Slot* slot, Partition::Life life, Seconds now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_, partition->mutex);
  // Where what stays goes.
  Head TargetHead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool FromSmall() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return task_.segment->part == Part::kSmall;
  }

  Log* const log_;
  Index* const index_;
  PagePool* const pages_;
  Ghost* const ghost_;
  const bool evict_;
  EvictionListener* const listener_;
  std::atomic<size_t> limbo_count_{0};

  Mutex pages_mutex_;  // one writer at a time makes pages; before mutex_
  // One writer at a time sets several segments aside: two could each hold what the other lacks.
  Mutex room_mutex_;  // before mutex_
  Mutex mutex_;
  Task task_ ABSL_GUARDED_BY(mutex_);
  std::deque<Segment*> limbo_ ABSL_GUARDED_BY(mutex_);  // oldest first
  uint32_t fruitless_ ABSL_GUARDED_BY(mutex_) = 0;      // evictions in a row that freed little
  // The size of values that eviction comes by: an exponential mean over the last thousand or so.
  double mean_value_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  LogStats done_ ABSL_GUARDED_BY(mutex_);  // only the counts of work
};

}  // namespace overtake
