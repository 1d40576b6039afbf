// mg.
#include "protocol/key_list.h"
#include "protocol/meta_flags.h"
#include "server/item_reply.h"
#include "server/meta.h"
#include "server/meta_line.h"

namespace overtake {
namespace {

// One mg's way through the store and into the reply.
class MetaGet {
 public:
  MetaGet(const Request& request, std::string_view key, const Clock& clock, Reply* reply)
      : request_(request),
        meta_(request.meta),
        key_(key),
        now_(clock.Now()),
        touch_expires_(clock.Expiry(request.exptime)),
        vivify_expires_(clock.Expiry(request.meta.vivify_exptime)),
        recache_expires_(clock.Expiry(request.meta.recache_exptime)),
        reply_(reply) {}

  // False when the key is not there and was not made. *no_memory: there was none to send the value.
  bool Run(Store* store, bool* no_memory);

 private:
  bool MayChange() const {
    return meta_.Has('T') || meta_.Has('N') || meta_.Has('R') || meta_.Has('u');
  }
  bool Look(Store* store);
  void Note(const ItemView* item);
  Change Decide(const ItemView* item);
  void Show(const ItemView& item);
  void Follow(const ItemView* item, MetaLine* line);

  const Request& request_;
  const MetaFlags& meta_;
  const std::string_view key_;
  const Seconds now_;
  const Seconds touch_expires_, vivify_expires_, recache_expires_;
  Reply* const reply_;

  // The item before this command; the flags tell of that.
  bool created_ = false;
  bool stale_ = false;
  bool win_given_ = false;
  Seconds expires_before_ = 0;
  // Also before a Look that was followed by an Update.
  bool looked_ = false;
  bool fetched_ = false;
  Seconds last_access_ = 0;

  // What Follow finds out.
  Seconds expires_ = 0;
  bool won_ = false;

  bool hit_ = false;
  bool no_memory_ = false;
};

bool MetaGet::Run(Store* store, bool* no_memory) {
  if (MayChange() || !Look(store)) {
    const bool stored = store->Update(
        key_, now_, [this](const ItemView* item) { return Decide(item); },
        [this](const ItemView& item) {
          hit_ = true;
          Show(item);
        });
    // No memory for an empty item is a miss, as any.
    if (!stored) hit_ = false;
  }
  *no_memory = no_memory_;
  return hit_;
}

// The usual case, with nothing to change. False when there turns out to be: a stale item's first
// reader is told that it won, and that is noted.
bool MetaGet::Look(Store* store) {
  bool must_change = false;
  store->Get(key_, now_, [this, &must_change](const ItemView& item) {
    must_change = item.stale && !item.win_given;
    hit_ = !must_change;
    Note(&item);
    looked_ = true;
    if (!must_change) Show(item);
  });
  return !must_change;
}

void MetaGet::Note(const ItemView* item) {
  created_ = item == nullptr;
  stale_ = item != nullptr && item->stale;
  win_given_ = item != nullptr && item->win_given;
  expires_before_ = item != nullptr ? item->expires : 0;
  if (looked_) return;
  fetched_ = item != nullptr && item->fetched;
  last_access_ = item != nullptr ? item->last_access : now_;
}

Change MetaGet::Decide(const ItemView* item) {
  if (item == nullptr && !meta_.Has('N')) return Change::Leave();
  Note(item);
  Follow(item, nullptr);
  Change change = item == nullptr ? Change::Store("", 0, expires_) : Change::Alter(*item);
  change.expires = expires_;
  change.win_given = win_given_ || won_;
  if (item == nullptr) {
    change.fetched = !meta_.Has('u');
    if (meta_.Has('E')) change.cas = meta_.new_cas;
  } else {
    change.used = !meta_.Has('u');
  }
  return change;
}

// Goes through the flags in their order, in which T and N move the time that a later t tells and a
// later R compares. With a line, `item` is the item as it is now.
void MetaGet::Follow(const ItemView* item, MetaLine* line) {
  expires_ = expires_before_;
  won_ = stale_ && !win_given_;
  KeyList flags(request_.text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    switch (flag[0]) {
      case 'T':
        expires_ = touch_expires_;
        continue;
      case 'N':
        if (!created_) continue;
        expires_ = vivify_expires_;
        won_ = true;
        continue;
      case 'R':
        if (!win_given_ && !created_ && expires_ != 0 && expires_ < recache_expires_) won_ = true;
        continue;
      default:
        if (line == nullptr) continue;
        break;
    }
    switch (flag[0]) {
      case 's':
        line->Flag('s', item->value_bytes);
        break;
      case 't':
        line->FlagT(expires_, now_);
        break;
      case 'c':
        line->Flag('c', item->cas);
        break;
      case 'f':
        line->Flag('f', item->flags);
        break;
      case 'l':
        line->Flag('l', now_ - last_access_);
        break;
      case 'h':
        line->Flag('h', fetched_ ? 1 : 0);
        break;
      default:
        line->EchoFlag(flag, request_, key_);
        break;
    }
  }
}

void MetaGet::Show(const ItemView& item) {
  MetaLine line(meta_.Has('v') ? "VA " : "HD");
  if (meta_.Has('v')) line.Number(item.value_bytes);
  Follow(&item, &line);
  if (win_given_) line.Flag('Z');
  if (stale_) line.Flag('X');
  if (won_) line.Flag('W');
  line.EndLine();
  if (!meta_.Has('v')) {
    reply_->Append(line.text());
  } else {
    no_memory_ = !AppendValue(line.text(), item, reply_);
  }
}

}  // namespace

void MetaCommands::Get(CommandStats* stats, const Request& request, Reply* reply) {
  const MetaKey key(request);
  bool no_memory = false;
  MetaGet get(request, key.bytes(), *clock_, reply);
  if (get.Run(store_, &no_memory)) {
    (request.meta.Has('T') ? stats->touch_hits : stats->get_hits).Add(1);
    if (no_memory) reply->AppendLine("SERVER_ERROR out of memory writing get response");
    return;
  }
  stats->get_misses.Add(1);
  if (request.meta.Has('q')) return;
  MetaLine line("EN");
  line.Echo(request, key.bytes());
  line.EndLine();
  reply->Append(line.text());
}

}  // namespace overtake
