#include "server/storage/log_store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <memory>
#include <tuple>

#include "base/start_thread.h"
#include "base/thread_name.h"
#include "server/storage/hash_seed.h"

namespace overtake {

LogStore::LogStore(const StoreOptions& options)
    : with_cas_(options.cas),
      clock_(options.clock),
      items_(options.memory_bytes, options.huge_pages,
             options.hash_seed ? *options.hash_seed : RandomHashSeed()),
      reclaimer_(&items_, options.evict, options.evictions),
      limit_(items_.log().geometry().memory) {
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
  Log& log = items_.log();
  const Geometry& geometry = log.geometry();
  const uint64_t index = items_.pages().total_pages() * Geometry::kPageBytes;
  if (bytes > geometry.max_memory || bytes < 2 * index + kLeastSegments * geometry.segment) {
    return false;
  }
  // More is there at once. Less takes a while: FollowLimit.
  const size_t segments = SegmentsUnder(bytes);
  if (segments > log.usable_segments() && !log.Raise(segments)) return false;
  items_.ghost().Resize(geometry.GhostFor(bytes));
  items_.pages().set_table_pages(geometry.TablePagesFor(bytes));
  limit_.store(bytes, std::memory_order_relaxed);
  return true;
}

bool LogStore::FollowLimit(Seconds now) {
  Log& log = items_.log();
  const size_t segments = SegmentsUnder(limit_bytes());
  if (log.usable_segments() == segments) return false;
  if (log.usable_segments() < segments) {
    // The limit was raised while the last one was taken out of use.
    log.Raise(segments);
    return false;
  }
  Reservation reservation(&log);
  if (!reclaimer_.MakeRoom(1, &reservation, now)) return false;
  log.Idle(reservation.Take());
  return true;
}

LogStore::Place LogStore::PlaceOf(std::string_view key) {
  const uint64_t hash = items_.Hash(key);
  return {key, hash, items_.PartitionOf(hash)};
}

Found LogStore::Get(std::string_view key, Seconds now, Visitor visit) {
  const Place place = PlaceOf(key);
  {
    const Epochs::Guard guard;
    const uint32_t tag = Items::TagOf(place.hash);
    const auto match = [&](Location l) { return HasKey(items_.EntryAt(l), key); };
    Location location = 0;
    if (!place.partition->table.TryFind(tag, match, &location)) {
      MutexLock lock(&place.partition->mutex);
      const IndexTable::Slot* const slot = place.partition->table.Find(tag, match);
      if (slot != nullptr) location = IndexTable::LocationOf(slot);
    }
    if (location == 0) return Found::kAbsent;
    const Entry entry = items_.EntryAt(location);
    if (place.partition->LifeOf(entry, now) == Partition::Life::kLive) {
      visit(ViewOf(*place.partition, entry, now));
      const ItemState state = entry.state();
      const ItemState used = state.Used(now);
      if (used.word() != state.word()) entry.ReplaceState(state, used);
      return Found::kHit;
    }
  }
  MutexLock lock(&place.partition->mutex);
  IndexTable::Slot* slot;
  const Found found = FindLive(place, now, &slot);       // takes it out and counts it
  return found == Found::kHit ? Found::kAbsent : found;  // one stored since then came too late
}

void LogStore::Prefetch(absl::Span<const std::string_view> keys) {
  constexpr size_t kAtOnce = 16;
  struct Bucket {
    const IndexTable* table;
    uint32_t tag;
  };
  std::array<Bucket, kAtOnce> buckets;
  while (!keys.empty()) {
    const size_t count = std::min(keys.size(), kAtOnce);
    for (size_t i = 0; i < count; ++i) {
      const Place place = PlaceOf(keys[i]);
      buckets[i] = {&place.partition->table, Items::TagOf(place.hash)};
      __builtin_prefetch(buckets[i].table);
    }
    for (size_t i = 0; i < count; ++i) buckets[i].table->PrefetchBucket(buckets[i].tag);
    const Epochs::Guard guard;
    for (size_t i = 0; i < count; ++i) {
      const Location location = buckets[i].table->Guess(buckets[i].tag);
      if (location == 0) continue;
      // Its header and key, and what fits beside them of the value.
      const auto* const entry = static_cast<const char*>(items_.EntryAt(location).at());
      __builtin_prefetch(entry);
      __builtin_prefetch(entry + 64);
      __builtin_prefetch(entry + 128);
    }
    keys.remove_prefix(count);
  }
}

Store::Updated LogStore::Update(std::string_view key, Seconds now, Changer change, Visitor after) {
  const Place place = PlaceOf(key);
  Attempt attempt(&items_.log());
  for (size_t tries = 1;; ++tries) {
    const Outcome outcome = TryUpdate(place, now, change, after, &attempt);
    switch (outcome) {
      case Outcome::kDone:
        if (attempt.appended > 0) reclaimer_.Pay(attempt.appended, now);
        return {attempt.found, true};
      case Outcome::kImpossible:
        return {attempt.found, false};
      case Outcome::kNeedsPages:
        if (!reclaimer_.MakePages(now)) return {attempt.found, false};
        break;
      case Outcome::kNeedsRoom: {
        // Others may have appended to what was set aside for this one: then it takes more.
        const size_t segments = items_.SegmentsFor(attempt.needs_bytes) + tries - 1;
        if (!reclaimer_.MakeRoom(segments, &attempt.reservation, now)) {
          return {attempt.found, false};
        }
        break;
      }
    }
  }
}

LogStore::Outcome LogStore::TryUpdate(const Place& place, Seconds now, Changer change,
                                      Visitor after, Attempt* attempt) {
  MutexLock lock(&place.partition->mutex);
  IndexTable::Slot* slot;
  const Found found = FindLive(place, now, &slot);
  // An earlier try may have taken out what had expired or was flushed: that is what was found.
  if (found != Found::kAbsent || attempt->found == Found::kHit) attempt->found = found;
  Change what;
  if (slot == nullptr) {
    what = change(nullptr);
  } else {
    const LogItemView view = ViewOf(*place.partition, items_.EntryOf(slot), now);
    what = change(&view);
  }
  Outcome outcome = Outcome::kDone;
  switch (what.kind) {
    case Change::Kind::kDelete:
      if (slot != nullptr) items_.Unlink(place.partition, slot);
      slot = nullptr;
      break;
    case Change::Kind::kStore:
      outcome = StoreItem(place, what, now, &slot, attempt);
      break;
    case Change::Kind::kLeave:
    case Change::Kind::kAlter:
      if (slot != nullptr) outcome = AlterItem(what, now, slot, place.partition, attempt);
      break;
  }
  if (outcome == Outcome::kDone && slot != nullptr) {
    after(ViewOf(*place.partition, items_.EntryOf(slot), now));
  }
  return outcome;
}

Found LogStore::FindLive(const Place& place, Seconds now, IndexTable::Slot** slot) {
  place.partition->FlushIfDue(now);
  *slot = place.partition->table.Find(
      Items::TagOf(place.hash), [&](Location l) { return HasKey(items_.EntryAt(l), place.key); });
  if (*slot == nullptr) return Found::kAbsent;
  const Entry entry = items_.EntryOf(*slot);
  Found found = Found::kHit;
  switch (place.partition->LifeOf(entry, now)) {
    case Partition::Life::kLive:
      return found;
    case Partition::Life::kExpired:
      found = Found::kExpired;
      ++place.partition->counts.get_expired;
      ++place.partition->counts.reclaimed;
      if (!entry.state().fetched()) ++place.partition->counts.expired_unfetched;
      break;
    case Partition::Life::kFlushed:
      found = Found::kFlushed;
      ++place.partition->counts.get_flushed;
      ++place.partition->counts.reclaimed;
      break;
  }
  items_.Unlink(place.partition, *slot);
  *slot = nullptr;
  return found;
}

Head LogStore::HeadFor(const Place& place, const Entry* old, Attempt* attempt,
                       uint32_t* frequency) {
  *frequency = 0;
  // A large part of the small part would push everything else out of it.
  const Geometry& geometry = items_.log().geometry();
  const size_t memory = items_.log().usable_segments() * geometry.segment;
  if (attempt->needs_bytes > memory / 40) return Head::kMain;
  if (old == nullptr) {
    if (!attempt->in_ghost && items_.ghost().Take(place.hash)) {
      attempt->in_ghost = true;
      ghost_hits_.fetch_add(1, std::memory_order_relaxed);
    }
    return attempt->in_ghost ? Head::kMain : Head::kSmall;
  }
  // An overwrite is an interest in the item, and it keeps its standing.
  *frequency = std::min(old->state().frequency() + 1, ItemState::kMaxFrequency);
  return items_.PartOf(*old) == Part::kMain ? Head::kMain : Head::kSmall;
}

Items::Source LogStore::SourceOf(const Place& place, const Change& what) {
  size_t value_bytes = 0;
  for (const std::string_view piece : what.value) value_bytes += piece.size();
  return {.key = place.key,
          .hash = place.hash,
          .value = what.value,
          .shape = {.key_bytes = place.key.size(),
                    .value_bytes = value_bytes,
                    .order = place.partition->last_order + 1,
                    .flags = what.flags,
                    .expires = what.expires,
                    .explicit_cas = what.cas.has_value()},
          .explicit_cas = what.cas.value_or(0)};
}

LogStore::Outcome LogStore::StoreItem(const Place& place, const Change& what, Seconds now,
                                      IndexTable::Slot** slot, Attempt* attempt) {
  IndexTable::Slot* displaced = nullptr;
  if (*slot == nullptr) {
    const Outcome room = FindRoom(place, now, &displaced);
    if (room != Outcome::kDone) return room;
  }
  const Entry old = *slot != nullptr ? items_.EntryOf(*slot) : Entry();
  Items::Source source = SourceOf(place, what);
  attempt->needs_bytes = Entry::SizeOf(source.shape);
  uint32_t frequency;
  const Head head = HeadFor(place, *slot != nullptr ? &old : nullptr, attempt, &frequency);
  source.state = ItemState().WithAccess(now).WithFrequency(frequency).WithMarks(
      what.fetched, what.stale, what.win_given);
  Items::Written written;
  if (!MayBegin(*attempt) || !items_.Write(source, head, &attempt->reservation, &written)) {
    return Outcome::kNeedsRoom;
  }
  written.rooms.back().segment->NoteExpiry(what.expires,
                                           static_cast<uint32_t>(written.rooms.back().bytes));
  StoreCounts& counts = place.partition->counts;
  ++place.partition->last_order;
  ++counts.total_items;
  counts.bytes += written.bytes;
  if (*slot != nullptr) {
    counts.bytes -= items_.FootprintOf(old);
    IndexTable::Replace(*slot, written.location);
    items_.MarkDead(old);
  } else {
    ++counts.items;
    const uint32_t tag = Items::TagOf(place.hash);
    if (displaced == nullptr) {
      *slot = place.partition->table.Insert(tag, written.location);
    } else {
      *slot = displaced;
      reclaimer_.Displace(place.partition, displaced, tag, written.location, now);
    }
  }
  Items::Publish(written);
  attempt->appended = written.bytes;
  return Outcome::kDone;
}

LogStore::Outcome LogStore::FindRoom(const Place& place, Seconds now,
                                     IndexTable::Slot** displaced) {
  const uint64_t items = place.partition->counts.items + place.partition->flushed_items;
  switch (place.partition->table.EnsureRoom(Items::TagOf(place.hash), items)) {
    case IndexTable::Vacancy::kRoom:
      return Outcome::kDone;
    case IndexTable::Vacancy::kNoPage:
      return Outcome::kNeedsPages;
    case IndexTable::Vacancy::kDoesNotFit:
      break;
  }
  *displaced = LeastWorthy(place, now);
  return *displaced != nullptr ? Outcome::kDone : Outcome::kImpossible;
}

// Items that are no longer alive go first. Then those of the home bucket that has most of the
// places: keys that somebody has made to crowd make way for each other, rather than what lies in
// buckets that they only spilled into. Of these the one got least often, of which the oldest, as
// eviction would choose.
IndexTable::Slot* LogStore::LeastWorthy(const Place& place, Seconds now) {
  using Worth = std::tuple<bool, ptrdiff_t, uint32_t, uint64_t>;
  IndexTable::Slot* least = nullptr;
  Worth least_worth;
  place.partition->table.VisitPlaces(
      Items::TagOf(place.hash), [&](IndexTable::Slot* slot, size_t crowd) {
        const Entry entry = items_.EntryOf(slot);
        const bool live = place.partition->LifeOf(entry, now) == Partition::Life::kLive;
        if (live && !reclaimer_.evicts()) return;
        const Worth worth(live, -static_cast<ptrdiff_t>(crowd), entry.state().frequency(),
                          entry.order());
        if (least != nullptr && worth >= least_worth) return;
        least = slot;
        least_worth = worth;
      });
  return least;
}

bool LogStore::MayBegin(const Attempt& attempt) {
  const size_t segments = items_.SegmentsFor(attempt.needs_bytes);
  return segments == 1 || attempt.reservation.size() >= segments ||
         items_.log().free_segments() >= segments + Log::kReclaimersSegments;
}

LogStore::Outcome LogStore::AlterItem(const Change& what, Seconds now, IndexTable::Slot* slot,
                                      Partition* partition, Attempt* attempt) {
  const Entry entry = items_.EntryOf(slot);
  ItemState state = entry.state();
  if (what.kind == Change::Kind::kAlter) {
    state = state.WithMarks(what.fetched, what.stale, what.win_given);
  }
  if (what.used) state = state.Used(now);
  if (what.kind == Change::Kind::kLeave || entry.set_expires(what.expires)) {
    if (state.word() != entry.state().word()) entry.set_state(state);
    if (what.kind == Change::Kind::kAlter) {
      items_.log()
          .SegmentOf(IndexTable::LocationOf(slot))
          ->NoteExpiry(what.expires, static_cast<uint32_t>(items_.log().Round(entry.size())));
    }
    return Outcome::kDone;
  }
  // The entry has no room for an expiry time.
  const Head head = items_.PartOf(entry) == Part::kMain ? Head::kMain : Head::kSmall;
  attempt->needs_bytes = entry.size() + sizeof(Seconds);
  Items::Written written;
  if (!items_.WriteWithExpiry(entry, what.expires, state, head, &attempt->reservation, &written)) {
    return Outcome::kNeedsRoom;
  }
  written.rooms.back().segment->NoteExpiry(what.expires, static_cast<uint32_t>(written.bytes));
  partition->counts.bytes += written.bytes - items_.log().Round(entry.size());
  IndexTable::Replace(slot, written.location);
  items_.MarkEntryDead(entry);
  Items::Publish(written);
  attempt->appended = written.bytes;
  return Outcome::kDone;
}

// *place: the number of a partition, and 32 bits of what its table walks by.
bool LogStore::Walk(uint64_t* place, Seconds now, Visitor visit) {
  const auto partitions = items_.partitions();
  const size_t number = *place >> 32;
  if (number >= partitions.size()) return false;
  Partition* const partition = partitions[number].get();
  MutexLock lock(&partition->mutex);
  const uint64_t next = partition->table.Walk(*place & UINT32_MAX, [&](Location location) {
    const Entry entry = items_.EntryAt(location);
    if (partition->LifeOf(entry, now) != Partition::Life::kLive) return;
    visit(ViewOf(*partition, entry, now));
  });
  *place = (uint64_t{number} << 32) + next;
  return *place >> 32 < partitions.size();
}

void LogStore::FlushAll(Seconds at, Seconds now) {
  MutexLock lock(&flush_mutex_);
  bool flushed = false;
  for (const auto& partition : items_.partitions()) {
    MutexLock partition_lock(&partition->mutex);
    // What an earlier flush took stays gone.
    flushed |= partition->FlushIfDue(now);
    if (at == 0) flushed |= partition->Flush();
    // Release: LifeOf, on a processor that reorders stores, must not see this one without those.
    partition->flush_at.store(at, std::memory_order_release);
    flushed |= partition->FlushIfDue(now);
  }
  flush_at_.store(at, std::memory_order_relaxed);
  flush_looked_at_ = 0;
  if (flushed) items_.log().NoteFlush();
}

void LogStore::FlushIfDue(Seconds now) const {
  const Seconds at = flush_at_.load(std::memory_order_relaxed);
  if (at == 0 || at > now + 1) return;
  MutexLock lock(&flush_mutex_);
  // In the second before its time, and at its time.
  if (flush_looked_at_ == now) return;
  flush_looked_at_ = now;
  bool flushed = false;
  for (const auto& partition : items_.partitions()) {
    MutexLock partition_lock(&partition->mutex);
    flushed |= partition->FlushIfDue(now);
  }
  if (flush_at_.load(std::memory_order_relaxed) <= now) {
    flush_at_.store(0, std::memory_order_relaxed);
    // Some partitions may have been first.
    flushed = true;
  }
  if (flushed) items_.log().NoteFlush();
}

StoreStats LogStore::Stats() const {
  if (clock_) FlushIfDue(clock_());
  StoreStats stats;
  stats.limit_bytes = limit_bytes();
  size_t pages = 0;
  uint64_t flushed_bytes = 0;
  for (const auto& partition : items_.partitions()) {
    MutexLock lock(&partition->mutex);
    stats.Add(partition->counts);
    pages += partition->table.pages();
    flushed_bytes += partition->flushed_bytes;
  }
  stats.hash_bytes = pages * Geometry::kPageBytes;
  stats.hash_power = static_cast<uint64_t>(std::bit_width(stats.hash_bytes / 64 | 1) - 1);
  reclaimer_.AddStats(stats.limit_bytes, &stats.log);
  // What was flushed is as good as dead. (Counted a moment apart from what lives.)
  flushed_bytes = std::min(flushed_bytes, stats.log.live_bytes);
  stats.log.live_bytes -= flushed_bytes;
  stats.log.dead_bytes += flushed_bytes;
  stats.log.ghost_hits = ghost_hits_.load(std::memory_order_relaxed);
  return stats;
}

std::unique_ptr<Store> MakeStore(const StoreOptions& options) {
  return std::make_unique<LogStore>(options);
}

}  // namespace overtake
