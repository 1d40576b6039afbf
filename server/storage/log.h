// The memory that items lie in, and what must hold of it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/pin.h"
#include "server/storage/address_range.h"
#include "server/storage/entry.h"
#include "server/storage/geometry.h"
#include "server/storage/segment.h"
#include "server/storage/store_stats.h"

namespace overtake {

// The ends that are appended to, each with one segment open at a time. The first two are for
// writers (and for what eviction moves to the main part), the others for the cleaner: what it moves
// keeps its age.
enum class Head : uint8_t { kSmall, kMain, kSmallCleaned, kMainCleaned };
inline constexpr size_t kHeads = 4;

class Reservation;

// A log of fixed-size segments in one mapping (RAMCloud's log-structured memory: Rumble et al.,
// FAST '14). Knows where entries lie and how much of a segment lives, not how items are found: that
// is the index's to know (index_table.h), and partition.h says how the two go together.
//
// Writers append, and mark dead what they have taken out of the index; the reclaimer, one thread at
// a time, moves what shall stay and retires segments; readers look without a lock. Any thread may
// call what says nothing else; nothing waits for more than another's few instructions. All of them
// keep these:
//
// 1. A segment is in one state, and only the actor that Segment::State names takes it to the next.
//    (A sealed one stays sealed until the reclaimer retires it, so the reclaimer may read its plain
//    fields.)
// 2. From a segment's begin up to `used` lie whole entries, one behind the other, each rounded to
//    the unit. No entry has location 0. (The reclaimer steps from entry to entry. In the index 0 is
//    an empty slot.)
// 3. An append is among its segment's `writers` until the entry is written and, if it is live, can
//    be found; a sealed segment gets no more of them. (The reclaimer leaves alone what has writers:
//    elsewhere it reads no half-written entry, and none looks dead that is about to be found.)
// 4. `live` counts an entry from its append until after it was taken out of reach, by a release. So
//    in a sealed segment without writers it only falls, and at 0 nothing there can be found again.
//    (The reclaimer, which then retires the segment.)
// 5. A published entry stays as it is but for three atomics: its state, which also readers write;
//    its expiry time and its chunks' locations, under the lock of the item's partition. (Readers,
//    and replies that refer to the value.)
// 6. The reclaimer asks Epochs for a ticket when `live` has come to 0, and frees the segment when
//    the ticket has passed and no pins are left. Pins rise from 0 only inside an epoch, or under a
//    lock that keeps an entry of the segment live. (What a reader has found stays until it leaves
//    the epoch, what a reply refers to until it is sent.)
// 7. Writers leave kReclaimersSegments free. (The reclaimer, to move what shall stay, takes a
//    segment before it gives one.)
// 8. Of two segments the one with the lower `sequence` is older. One that the cleaner fills is as
//    old as the one that was being cleaned when it was opened. (Eviction takes the oldest, as the
//    queues of S3-FIFO do; the cleaner goes by age.)
// 9. An expiry time is noted in the entry's segment by Append, or by the writer that changes it in
//    place, and a sweep notes those that it leaves anew: first_expiry and last_expiry enclose all,
//    unless two threads note at once and one is lost. (The reclaimer sweeps by it. What it
//    overlooks is taken out when a client asks for it, or by eviction.)
class Log {
 public:
  // Whether the last free segments may be taken: they are the reclaimer's, which cannot make room
  // without some.
  enum class Claim : uint8_t { kWriter, kReclaimer };
  static constexpr size_t kReclaimersSegments = 2;

  // Room for one entry, appended.
  struct Room {
    char* at = nullptr;
    Location location = 0;
    size_t bytes = 0;  // as rounded to the unit
    Segment* segment = nullptr;
  };

  // Throws std::system_error when the system refuses the memory that the geometry begins with. When
  // it refuses addresses for more than that, there never will be more.
  Log(const Geometry& geometry, bool huge_pages);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Appends room for an entry that expires then (0: never), of at least `least` bytes, and of as
  // many up to `most` as the head's segment has left. Writers give what was set aside for them,
  // which comes before other free segments; null stands for the reclaimer. False when that takes a
  // new segment and there is none. The bytes count as live. Publish must follow soon.
  bool Append(Head head, size_t least, size_t most, Seconds expires, Reservation* reservation,
              Room* room);
  // The entry is written, and can be found if it is live.
  static void Publish(const Room& room) {
    room.segment->writers.fetch_sub(1, std::memory_order_release);
  }
  // An entry, or room of so many bytes (before rounding) that was given up, is not live any longer.
  void MarkDead(const Entry& entry) { MarkDead(LocationOf(entry), entry.size()); }
  void MarkDead(Location location, size_t bytes) {
    SegmentOf(location)->live.fetch_sub(static_cast<uint32_t>(Round(bytes)),
                                        std::memory_order_release);
  }

  Entry EntryAt(Location location) const {
    return Entry(base_ + uint64_t{location} * geometry_.unit);
  }
  Location LocationOf(const Entry& entry) const { return LocationOf(entry.at()); }
  // Bytes that the entry takes, without its chunks.
  size_t SizeOf(const Entry& entry) const { return Round(entry.size()); }
  Segment* SegmentOf(Location location) {
    return &segments_[uint64_t{location} * geometry_.unit >> segment_shift_];
  }
  // A writer that has changed the entry's expiry time in place, under its partition's lock.
  void NoteExpiry(const Entry& entry, Seconds expires) {
    SegmentOf(LocationOf(entry))->NoteExpiry(expires, static_cast<uint32_t>(SizeOf(entry)));
  }
  Part PartOf(const Entry& entry) { return SegmentOf(LocationOf(entry))->part; }

  // Keeps the segment that `byte` lies in as it is until the Pin is gone. Empty when too many are
  // pinned. REQUIRES: the calling thread is inside an epoch or holds a lock that keeps the entry.
  Pin PinByte(const char* byte);

  // Free segments; with `claim`, those it may take.
  size_t free_segments() const { return free_count_.load(std::memory_order_relaxed); }
  // Takes a free segment out, or returns null.
  Segment* TakeFree(Claim claim);
  // Of what TakeFree gave, or what was in limbo and has no readers left.
  void GiveFree(Segment* segment);

  // Segments that have been in use at some time.
  size_t known_segments() const { return known_.load(std::memory_order_acquire); }
  size_t usable_segments() const { return usable_.load(std::memory_order_relaxed); }
  // Puts segments into use until there are so many: those that are idle, then new ones. False, with
  // nothing changed, when the system refuses the memory. The others fall one by one, by Idle.
  bool Raise(size_t segments);
  // Puts a segment that TakeFree gave out of use, and gives its memory back to the system.
  void Idle(Segment* segment);

  // The reclaimer: nothing in the segment is live, and nothing of it can be found any more.
  void Retire(Segment* segment);
  // The reclaimer: the age of what it appends next through a cleaner's head.
  void set_cleaned_sequence(Head head, uint64_t sequence);

  // A flush has taken all that was appended before. Of segments opened before the last flush most
  // is flushed, or all.
  void NoteFlush() { flushes_.fetch_add(1, std::memory_order_release); }
  uint32_t flushes() const { return flushes_.load(std::memory_order_acquire); }

  const Geometry& geometry() const { return geometry_; }
  char* base() const { return base_; }
  Segment& segment(size_t i) { return segments_[i]; }
  const Segment& segment(size_t i) const { return segments_[i]; }
  char* BytesOf(const Segment* segment) const { return base_ + OffsetOf(segment); }
  uint64_t OffsetOf(const Segment* segment) const {
    return static_cast<uint64_t>(segment - segments_) << segment_shift_;
  }
  uint64_t sequence() const { return sequence_.load(std::memory_order_relaxed); }
  size_t segments_of(Part part) const {
    return part_segments_[static_cast<size_t>(part)].load(std::memory_order_relaxed);
  }
  // Adds where the bytes of segments are to *stats. REQUIRES: the reclaimer's lock (1.).
  void AddStats(LogStats* stats) const;

 private:
  size_t Round(size_t bytes) const { return (bytes + geometry_.unit - 1) & ~(geometry_.unit - 1); }
  Location LocationOf(const char* byte) const {
    return static_cast<Location>(static_cast<uint64_t>(byte - base_) / geometry_.unit);
  }

  // In cache lines of its own: every writer writes here, and beside it lies what every reader
  // loads.
  struct alignas(64) OpenSegment {
    Mutex mutex;
    Segment* segment ABSL_GUARDED_BY(mutex) = nullptr;
    uint64_t sequence ABSL_GUARDED_BY(mutex) = 0;  // of cleaners' heads
  };

  bool OpenNext(Head head, OpenSegment* open, Reservation* reservation)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(open->mutex);
  static void Unpin(void* segment);
  // One more segment than there have been. REQUIRES: its memory may be used.
  void AddSegment() ABSL_EXCLUSIVE_LOCKS_REQUIRED(free_mutex_);

  const Geometry geometry_;
  const int segment_shift_;
  std::unique_ptr<AddressRange> memory_;       // its usable part only grows, under free_mutex_
  std::unique_ptr<AddressRange> descriptors_;  // of the segments; the same
  char* base_ = nullptr;
  Segment* segments_ = nullptr;
  std::array<OpenSegment, kHeads> heads_;
  std::array<std::atomic<size_t>, 2> part_segments_{};
  std::atomic<uint64_t> sequence_{0};
  std::atomic<uint32_t> flushes_{0};
  std::atomic<size_t> pinned_{0};
  std::atomic<uint64_t> pins_refused_{0};

  Mutex free_mutex_;
  std::vector<Segment*> free_ ABSL_GUARDED_BY(free_mutex_);  // that were in use before
  size_t untouched_ ABSL_GUARDED_BY(free_mutex_) = 0;        // all from this number on are free too
  std::vector<Segment*> idle_ ABSL_GUARDED_BY(free_mutex_);
  // These are written under free_mutex_.
  std::atomic<size_t> free_count_{0};
  std::atomic<size_t> known_{0};
  std::atomic<size_t> usable_{0};  // known and not idle
};

// Free segments set aside for one writer. Given back when it goes.
class Reservation {
 public:
  explicit Reservation(Log* log) : log_(log) {}
  ~Reservation() {
    for (Segment* segment : segments_) log_->GiveFree(segment);
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  size_t size() const { return segments_.size(); }
  // Takes one more from the free segments. False when there is none for writers.
  bool Add() {
    Segment* const segment = log_->TakeFree(Log::Claim::kWriter);
    if (segment != nullptr) segments_.push_back(segment);
    return segment != nullptr;
  }
  // One of those set aside, or null.
  Segment* Take() {
    if (segments_.empty()) return nullptr;
    Segment* const segment = segments_.back();
    segments_.pop_back();
    return segment;
  }

 private:
  Log* const log_;
  std::vector<Segment*> segments_;
};

}  // namespace overtake
