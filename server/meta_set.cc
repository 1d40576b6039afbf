// ms.
#include <string_view>

#include "protocol/meta_flags.h"
#include "protocol/parser.h"
#include "server/meta.h"
#include "server/meta_line.h"

namespace overtake {
namespace {

// One ms's way through the store.
class MetaSet {
 public:
  MetaSet(const Request& request, std::string_view key, Seconds expires, size_t max_item_bytes)
      : request_(request), key_(key), expires_(expires), max_item_bytes_(max_item_bytes) {}

  // False when there is no memory.
  bool Run(Store* store, Seconds now) {
    return store->Update(
        key_, now, [this](const ItemView* old) { return Decide(old); },
        [this](const ItemView& item) { cas_ = item.cas; });
  }

  // Stored, not stored, exists (another CAS unique), not found: "HD", "NS", "EX" or "NF".
  std::string_view status() const { return status_; }
  // The stored item's CAS unique; 0 if it was not stored.
  uint64_t cas() const { return status_ == "HD" ? cas_ : 0; }

 private:
  Change Decide(const ItemView* old);
  Change CompareAndSet(const ItemView* old);
  Change Extend(const ItemView* old);
  Change New() const { return Change::Store(request_.value, request_.flags, expires_); }
  Change Refuse(std::string_view status) {
    status_ = status;
    return Change::Leave();
  }

  const Request& request_;
  const std::string_view key_;
  const Seconds expires_;
  const size_t max_item_bytes_;

  std::string_view status_;
  uint64_t cas_ = 0;
};

Change MetaSet::Decide(const ItemView* old) {
  status_ = "HD";
  const char mode = request_.meta.mode;
  Change change = New();
  if (mode == 'A' || mode == 'P') {
    change = Extend(old);
  } else if (mode == 'E') {
    // An add that fails was an interest in the item.
    if (old != nullptr) {
      change = Refuse("NS");
      change.used = true;
    }
  } else if (request_.meta.Has('C')) {
    change = CompareAndSet(old);
  } else if (mode == 'R' && old == nullptr) {
    change = Refuse("NS");
  }
  if (request_.meta.Has('E')) change.cas = request_.meta.new_cas;
  return change;
}

Change MetaSet::CompareAndSet(const ItemView* old) {
  if (old == nullptr) return Refuse("NF");
  if (old->cas == request_.number && request_.number != 0) return New();
  if (!request_.meta.Has('I') || request_.number == 0 || request_.number > old->cas) {
    return Refuse("EX");
  }
  // A value that came late may be used, but is known to be stale; when it is to end, and whether
  // somebody was asked for a new one, stays.
  Change change = New();
  change.expires = old->expires;
  change.stale = true;
  change.win_given = old->win_given;
  return change;
}

Change MetaSet::Extend(const ItemView* old) {
  if (old == nullptr) return Refuse("NS");
  if (request_.meta.Has('C') && request_.number != 0 && request_.number != old->cas) {
    return Refuse("EX");
  }
  const size_t value_bytes = old->value_bytes + request_.value.size();
  if (ItemBytes(key_.size(), old->flags, value_bytes) > max_item_bytes_) return Refuse("NS");
  Change change = New();
  change.flags = old->flags;
  change.expires = old->expires;
  change.value.insert(request_.meta.mode == 'A' ? change.value.begin() : change.value.end(),
                      old->pieces.begin(), old->pieces.end());
  return change;
}

bool IsCas(const Request& request) {
  const char mode = request.meta.mode;
  return request.meta.Has('C') && (mode == '\0' || mode == 'S' || mode == 'R');
}

}  // namespace

void MetaCommands::Set(CommandStats* stats, const Request& request, Reply* reply) {
  const MetaKey key(request);
  const Seconds now = clock_->Now();
  // Whatever the mode, a client that could not store the new value must not go on reading the old.
  if (request.too_large) {
    stats->store_too_large.Add(1);
    store_->Delete(key.bytes(), now);
    return;
  }
  stats->cmd_set.Add(1);
  MetaSet set(request, key.bytes(), clock_->Expiry(request.exptime), max_item_bytes_);
  if (!set.Run(store_, now)) {
    stats->store_no_memory.Add(1);
    store_->Delete(key.bytes(), now);
    return reply->AppendLine("SERVER_ERROR out of memory storing object");
  }
  if (IsCas(request)) {
    if (set.status() == "HD") stats->cas_hits.Add(1);
    if (set.status() == "NF") stats->cas_misses.Add(1);
    if (set.status() == "EX") stats->cas_badval.Add(1);
  }
  if (set.status() == "HD" && request.meta.Has('q')) return;
  MetaLine line(set.status());
  KeyList flags(request.text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    line.EchoFlag(flag, request, key.bytes());
    if (flag[0] == 'c') line.Flag('c', set.cas());
  }
  line.EndLine();
  reply->Append(line.text());
}

}  // namespace overtake
