// The log-structured store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "server/storage/epoch.h"
#include "server/storage/ghost.h"
#include "server/storage/index.h"
#include "server/storage/item_writer.h"
#include "server/storage/log.h"
#include "server/storage/log_item_view.h"
#include "server/storage/page_pool.h"
#include "server/storage/reclaimer.h"
#include "server/storage/store.h"

namespace overtake {

// A Store whose items lie in a log (docs/store.md): Get takes no lock and writes one word of the
// item at most; Update holds the lock of the key's partition of the index.
class LogStore final : public Store {
 public:
  explicit LogStore(const StoreOptions& options);
  ~LogStore() override;

  Found Get(std::string_view key, Seconds now, Visitor visit) override;
  void Prefetch(absl::Span<const std::string_view> keys) override;
  Updated Update(std::string_view key, Seconds now, Changer change, Visitor after) override;
  bool Walk(uint64_t* place, Seconds now, Visitor visit) override;
  void FlushAll(Seconds at, Seconds now) override;
  StoreStats Stats() const override;
  uint64_t limit_bytes() const override { return limit_.load(std::memory_order_relaxed); }
  bool SetLimit(uint64_t bytes) override;
  bool Maintain(Seconds now) override;

 protected:
  void EnterReads() override { Epochs::Enter(); }
  void LeaveReads() override { Epochs::Leave(); }

 private:
  enum class Outcome : uint8_t { kDone, kNeedsRoom, kNeedsPages, kImpossible };
  // One try to carry out an update.
  struct Attempt {
    explicit Attempt(Log* log) : reservation(log) {}

    Found found = Found::kAbsent;
    Reservation reservation;
    size_t appended = 0;     // bytes
    size_t needs_bytes = 0;  // with kNeedsRoom
    bool in_ghost = false;   // the key was there
  };

  LogItemView ViewOf(const Partition& partition, const Entry& entry, Seconds now) {
    return LogItemView(&log_, partition, entry, now, with_cas_);
  }
  static bool HasKey(const Entry& entry, std::string_view key) { return entry.key() == key; }
  // *slot: the live item's, or null; one that has expired or was flushed is taken out.
  Found FindLive(const Index::Place& place, Seconds now, IndexTable::Slot** slot)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(place.partition->mutex);
  Outcome TryUpdate(const Index::Place& place, Seconds now, Changer change, Visitor after,
                    Attempt* attempt);
  // What the kinds of Change ask for; `slot` is the item's, null if there is none, and afterwards
  // that of the item that there is now.
  Outcome StoreItem(const Index::Place& place, const Change& what, Seconds now,
                    IndexTable::Slot** slot, Attempt* attempt)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(place.partition->mutex);
  // Makes sure that the index has a slot for one item more. kDone: an empty one, or, where the
  // places of its bucket are all taken, that of *displaced, which is null at first. Does nothing to
  // that yet: there may be no room in the log.
  Outcome FindRoom(const Index::Place& place, Seconds now, IndexTable::Slot** displaced)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(place.partition->mutex);
  Outcome AlterItem(const Change& what, Seconds now, IndexTable::Slot* slot, Partition* partition,
                    Attempt* attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(partition->mutex);
  static ItemSource SourceOf(const Index::Place& place, const Change& what)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(place.partition->mutex);
  // Where the item goes, and with which frequency. `old` may be null.
  Head HeadFor(const Index::Place& place, const Entry* old, Attempt* attempt, uint32_t* frequency);
  // An item of several segments is not begun unless there is room for all of it.
  bool MayBegin(const Attempt& attempt);
  // Carries out a delayed flush that is due.
  void FlushIfDue(Seconds now) const;
  // Takes a segment out of use if the limit asks for it. True if there may be more.
  bool FollowLimit(Seconds now);
  // Those that the limit allows.
  size_t SegmentsUnder(uint64_t limit) const {
    return log_.geometry().SegmentsFor(limit, log_.known_segments());
  }
  void Work();

  const bool with_cas_;
  const std::function<Seconds()> clock_;
  const bool evict_;
  mutable Log log_;
  PagePool pages_;
  Ghost ghost_;
  Index index_;
  mutable Reclaimer reclaimer_;
  std::atomic<uint64_t> ghost_hits_{0};
  Mutex limit_mutex_;            // one change at a time
  std::atomic<uint64_t> limit_;  // bytes; written under limit_mutex_

  // One flush at a time. Before partitions' locks.
  mutable Mutex flush_mutex_;
  mutable std::atomic<Seconds> flush_at_{0};  // as the partitions'; written under flush_mutex_
  mutable Seconds flush_looked_at_ ABSL_GUARDED_BY(flush_mutex_) = 0;

  // The background thread, if there is a clock.
  std::mutex work_mutex_;
  std::condition_variable work_changed_;
  bool stop_ = false;  // under work_mutex_
  std::thread worker_;
};

}  // namespace overtake
