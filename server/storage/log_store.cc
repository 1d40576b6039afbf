#include "server/storage/log_store.h"

#include <algorithm>
#include <array>

#include "server/storage/item_writer.h"

namespace overtake {

Found LogStore::Get(std::string_view key, Seconds now, Visitor visit) {
  const Index::Place place = index_.PlaceOf(key);
  {
    const Epochs::Guard guard;
    const IndexTable& table = place.partition->table();
    const auto match = [&](Location l) { return HasKey(log_.EntryAt(l), key); };
    Location location = 0;
    if (!table.TryFind(place.tag(), match, &location)) {
      MutexLock lock(&place.partition->mutex);
      const IndexTable::Slot* const slot = table.Find(place.tag(), match);
      if (slot != nullptr) location = IndexTable::LocationOf(slot);
    }
    if (location == 0) return Found::kAbsent;
    const Entry entry = log_.EntryAt(location);
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
      const Index::Place place = index_.PlaceOf(keys[i]);
      buckets[i] = {&place.partition->table(), place.tag()};
      __builtin_prefetch(buckets[i].table);
    }
    for (size_t i = 0; i < count; ++i) buckets[i].table->PrefetchBucket(buckets[i].tag);
    const Epochs::Guard guard;
    for (size_t i = 0; i < count; ++i) {
      const Location location = buckets[i].table->Guess(buckets[i].tag);
      if (location == 0) continue;
      // Its header and key, and what fits beside them of the value.
      const auto* const entry = static_cast<const char*>(log_.EntryAt(location).at());
      __builtin_prefetch(entry);
      __builtin_prefetch(entry + 64);
      __builtin_prefetch(entry + 128);
    }
    keys.remove_prefix(count);
  }
}

Store::Updated LogStore::Update(std::string_view key, Seconds now, Changer change, Visitor after) {
  const Index::Place place = index_.PlaceOf(key);
  Attempt attempt(&log_);
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
        const size_t segments =
            ItemWriter::SegmentsFor(attempt.needs_bytes, log_.geometry()) + tries - 1;
        if (!reclaimer_.MakeRoom(segments, &attempt.reservation, now)) {
          return {attempt.found, false};
        }
        break;
      }
    }
  }
}

LogStore::Outcome LogStore::TryUpdate(const Index::Place& place, Seconds now, Changer change,
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
    const LogItemView view = ViewOf(*place.partition, place.partition->EntryOf(slot), now);
    what = change(&view);
  }
  Outcome outcome = Outcome::kDone;
  switch (what.kind) {
    case Change::Kind::kDelete:
      if (slot != nullptr) place.partition->Unlink(slot);
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
    after(ViewOf(*place.partition, place.partition->EntryOf(slot), now));
  }
  return outcome;
}

Found LogStore::FindLive(const Index::Place& place, Seconds now, IndexTable::Slot** slot) {
  place.partition->FlushIfDue(now);
  *slot = place.partition->table().Find(
      place.tag(), [&](Location l) { return HasKey(log_.EntryAt(l), place.key); });
  if (*slot == nullptr) return Found::kAbsent;
  const Partition::Life life = place.partition->LifeOf(place.partition->EntryOf(*slot), now);
  if (life == Partition::Life::kLive) return Found::kHit;
  place.partition->UnlinkDead(*slot, life);
  *slot = nullptr;
  return life == Partition::Life::kExpired ? Found::kExpired : Found::kFlushed;
}

Head LogStore::HeadFor(const Index::Place& place, const Entry* old, Attempt* attempt,
                       uint32_t* frequency) {
  *frequency = 0;
  // A large part of the small part would push everything else out of it.
  const size_t memory = log_.usable_segments() * log_.geometry().segment;
  if (attempt->needs_bytes > memory / 40) return Head::kMain;
  if (old == nullptr) {
    if (!attempt->in_ghost && ghost_.Take(place.hash)) {
      attempt->in_ghost = true;
      ghost_hits_.fetch_add(1, std::memory_order_relaxed);
    }
    return attempt->in_ghost ? Head::kMain : Head::kSmall;
  }
  // An overwrite is an interest in the item, and it keeps its standing.
  *frequency = std::min(old->state().frequency() + 1, ItemState::kMaxFrequency);
  return log_.PartOf(*old) == Part::kMain ? Head::kMain : Head::kSmall;
}

ItemSource LogStore::SourceOf(const Index::Place& place, const Change& what) {
  size_t value_bytes = 0;
  for (const std::string_view piece : what.value) value_bytes += piece.size();
  return {.key = place.key,
          .hash = place.hash,
          .value = what.value,
          .shape = {.key_bytes = place.key.size(),
                    .value_bytes = value_bytes,
                    .order = place.partition->next_order(),
                    .flags = what.flags,
                    .expires = what.expires,
                    .explicit_cas = what.cas.has_value()},
          .explicit_cas = what.cas.value_or(0)};
}

LogStore::Outcome LogStore::StoreItem(const Index::Place& place, const Change& what, Seconds now,
                                      IndexTable::Slot** slot, Attempt* attempt) {
  IndexTable::Slot* displaced = nullptr;
  if (*slot == nullptr) {
    const Outcome room = FindRoom(place, now, &displaced);
    if (room != Outcome::kDone) return room;
  }
  ItemSource source = SourceOf(place, what);
  attempt->needs_bytes = Entry::SizeOf(source.shape);
  uint32_t frequency;
  const Entry old = *slot != nullptr ? place.partition->EntryOf(*slot) : Entry();
  const Head head = HeadFor(place, *slot != nullptr ? &old : nullptr, attempt, &frequency);
  source.state = ItemState().WithAccess(now).WithFrequency(frequency).WithMarks(
      what.fetched, what.stale, what.win_given);
  ItemWriter writer(&log_, head, &attempt->reservation);
  if (!MayBegin(*attempt) || !writer.Write(source)) return Outcome::kNeedsRoom;
  if (displaced != nullptr) {
    const Entry entry = place.partition->EntryOf(displaced);
    reclaimer_.NoteDropped(place.partition, entry, place.partition->LifeOf(entry, now), now);
    *slot = displaced;
  }
  *slot = place.partition->Link(place.tag(), writer.location(), writer.bytes(), *slot);
  writer.Publish();
  attempt->appended = writer.bytes();
  return Outcome::kDone;
}

LogStore::Outcome LogStore::FindRoom(const Index::Place& place, Seconds now,
                                     IndexTable::Slot** displaced) {
  switch (place.partition->EnsureRoom(place.tag())) {
    case IndexTable::Vacancy::kRoom:
      return Outcome::kDone;
    case IndexTable::Vacancy::kNoPage:
      return Outcome::kNeedsPages;
    case IndexTable::Vacancy::kDoesNotFit:
      break;
  }
  *displaced = place.partition->LeastWorthy(place.tag(), now, evict_);
  return *displaced != nullptr ? Outcome::kDone : Outcome::kImpossible;
}

bool LogStore::MayBegin(const Attempt& attempt) {
  const size_t segments = ItemWriter::SegmentsFor(attempt.needs_bytes, log_.geometry());
  return segments == 1 || attempt.reservation.size() >= segments ||
         log_.free_segments() >= segments + Log::kReclaimersSegments;
}

LogStore::Outcome LogStore::AlterItem(const Change& what, Seconds now, IndexTable::Slot* slot,
                                      Partition* partition, Attempt* attempt) {
  const Entry entry = partition->EntryOf(slot);
  ItemState state = entry.state();
  if (what.kind == Change::Kind::kAlter) {
    state = state.WithMarks(what.fetched, what.stale, what.win_given);
  }
  if (what.used) state = state.Used(now);
  if (what.kind == Change::Kind::kLeave || entry.set_expires(what.expires)) {
    if (state.word() != entry.state().word()) entry.set_state(state);
    if (what.kind == Change::Kind::kAlter) log_.NoteExpiry(entry, what.expires);
    return Outcome::kDone;
  }
  // The entry has no room for an expiry time.
  const Head head = log_.PartOf(entry) == Part::kMain ? Head::kMain : Head::kSmall;
  attempt->needs_bytes = entry.size() + sizeof(Seconds);
  ItemWriter writer(&log_, head, &attempt->reservation);
  if (!writer.WriteWithExpiry(entry, what.expires, state)) return Outcome::kNeedsRoom;
  partition->Move(slot, writer.location(), writer.bytes());
  writer.Publish();
  attempt->appended = writer.bytes();
  return Outcome::kDone;
}

// *place: the number of a partition, and 32 bits of what its table walks by.
bool LogStore::Walk(uint64_t* place, Seconds now, Visitor visit) {
  const auto partitions = index_.partitions();
  const size_t number = *place >> 32;
  if (number >= partitions.size()) return false;
  Partition* const partition = partitions[number].get();
  MutexLock lock(&partition->mutex);
  const uint64_t next = partition->table().Walk(*place & UINT32_MAX, [&](Location location) {
    const Entry entry = log_.EntryAt(location);
    if (partition->LifeOf(entry, now) != Partition::Life::kLive) return;
    visit(ViewOf(*partition, entry, now));
  });
  *place = (uint64_t{number} << 32) + next;
  return *place >> 32 < partitions.size();
}

}  // namespace overtake
