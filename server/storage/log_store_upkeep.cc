// What the log store does beside requests: background work, its limit, flushes and statistics.
#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>

#include "base/start_thread.h"
#include "base/thread_name.h"
#include "server/storage/hash_seed.h"
#include "server/storage/log_store.h"

namespace overtake {

LogStore::LogStore(const StoreOptions& options)
    : with_cas_(options.cas),
      clock_(options.clock),
      evict_(options.evict),
      log_(Geometry::For(options.memory_bytes, sizeof(Segment), sizeof(Partition) + sizeof(void*),
                         IndexTable::kMorePagesBytes),
           options.huge_pages),
      pages_(log_.base()),
      ghost_(log_.geometry().GhostFor(0), log_.geometry().GhostFor(log_.geometry().max_memory)),
      index_(&log_, &pages_, options.hash_seed ? *options.hash_seed : RandomHashSeed()),
      reclaimer_(&log_, &index_, &pages_, &ghost_, options.evict, options.evictions),
      limit_(log_.geometry().memory) {
  if (clock_) worker_ = StartThread([this] { Work(); });
}

LogStore::~LogStore() {
  {
    const std::lock_guard<std::mutex> lock(work_mutex_);
    stop_ = true;
  }
  work_changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void LogStore::Work() {
  constexpr std::chrono::milliseconds kRest(50);
  SetThreadName("overtake-store");
  std::unique_lock<std::mutex> lock(work_mutex_);
  while (!stop_) {
    lock.unlock();
    const bool more = Maintain(clock_());
    lock.lock();
    if (!more && !stop_) {
      work_changed_.wait_for(lock, kRest);
    }
  }
}

bool LogStore::Maintain(Seconds now) {
  FlushIfDue(now);
  const bool more = reclaimer_.Maintain(now);
  return FollowLimit(now) || more;
}

// The index gives no pages back, and below some segments nothing could be moved.
bool LogStore::SetLimit(uint64_t bytes) {
  constexpr uint64_t kLeastSegments = 32;
  MutexLock lock(&limit_mutex_);
  const Geometry& geometry = log_.geometry();
  const uint64_t index = pages_.total_pages() * Geometry::kPageBytes;
  if (bytes > geometry.max_memory || bytes < 2 * index + kLeastSegments * geometry.segment) {
    return false;
  }
  // More is there at once. Less takes a while: FollowLimit.
  const size_t segments = SegmentsUnder(bytes);
  if (segments > log_.usable_segments() && !log_.Raise(segments)) return false;
  ghost_.Resize(geometry.GhostFor(bytes));
  pages_.set_table_pages(geometry.TablePagesFor(bytes));
  limit_.store(bytes, std::memory_order_relaxed);
  return true;
}

bool LogStore::FollowLimit(Seconds now) {
  const size_t segments = SegmentsUnder(limit_bytes());
  if (log_.usable_segments() == segments) return false;
  if (log_.usable_segments() < segments) {
    // The limit was raised while the last one was taken out of use.
    log_.Raise(segments);
    return false;
  }
  Reservation reservation(&log_);
  if (!reclaimer_.MakeRoom(1, &reservation, now)) return false;
  log_.Idle(reservation.Take());
  return true;
}

void LogStore::FlushAll(Seconds at, Seconds now) {
  MutexLock lock(&flush_mutex_);
  bool flushed = false;
  for (const auto& partition : index_.partitions()) {
    MutexLock partition_lock(&partition->mutex);
    flushed |= partition->FlushAll(at, now);
  }
  flush_at_.store(at, std::memory_order_relaxed);
  flush_looked_at_ = 0;
  if (flushed) log_.NoteFlush();
}

void LogStore::FlushIfDue(Seconds now) const {
  const Seconds at = flush_at_.load(std::memory_order_relaxed);
  if (at == 0 || at > now + 1) return;
  MutexLock lock(&flush_mutex_);
  // In the second before its time, and at its time.
  if (flush_looked_at_ == now) return;
  flush_looked_at_ = now;
  bool flushed = false;
  for (const auto& partition : index_.partitions()) {
    MutexLock partition_lock(&partition->mutex);
    flushed |= partition->FlushIfDue(now);
  }
  if (flush_at_.load(std::memory_order_relaxed) <= now) {
    flush_at_.store(0, std::memory_order_relaxed);
    // Some partitions may have been first.
    flushed = true;
  }
  if (flushed) log_.NoteFlush();
}

StoreStats LogStore::Stats() const {
  if (clock_) FlushIfDue(clock_());
  StoreStats stats;
  stats.limit_bytes = limit_bytes();
  uint64_t flushed_bytes = 0;
  for (const auto& partition : index_.partitions()) {
    MutexLock lock(&partition->mutex);
    flushed_bytes += partition->AddStats(&stats);
  }
  stats.hash_power = static_cast<uint64_t>(std::bit_width(stats.hash_bytes / 64 | 1) - 1);
  LogStats& log = stats.log;
  log = reclaimer_.Stats();
  // What was flushed is as good as dead. (Counted a moment apart from what lives.)
  flushed_bytes = std::min(flushed_bytes, log.live_bytes);
  log.live_bytes -= flushed_bytes;
  log.dead_bytes += flushed_bytes;
  log.index_free_bytes = pages_.free_pages() * Geometry::kPageBytes;
  log.index_bytes -= std::min(log.index_bytes, log.index_free_bytes);
  log.ghost_bytes = ghost_.bytes();
  log.ghost_hits = ghost_hits_.load(std::memory_order_relaxed);
  const size_t known = log_.known_segments();
  log.metadata_bytes = log_.geometry().MetadataFor(stats.limit_bytes, known);
  const uint64_t taken =
      known * log.segment_bytes - log.idle_bytes + log.ghost_bytes + log.metadata_bytes;
  log.slack_bytes = stats.limit_bytes - std::min(stats.limit_bytes, taken);
  return stats;
}

std::unique_ptr<Store> MakeStore(const StoreOptions& options) {
  return std::make_unique<LogStore>(options);
}

}  // namespace overtake
