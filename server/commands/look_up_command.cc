#include "server/commands/look_up_command.h"

namespace overtake {
namespace {

void Note(const LookUpCommand& command, const ItemView& item, ItemBefore* before) {
  *before = {.expires = item.expires,
             .stale = item.stale,
             .win_given = item.win_given,
             .fetched = item.fetched,
             .last_access = item.last_access};
  if (!command.may_win || item.win_given) return;
  const Seconds ends =
      command.recache_sees_new ? command.expires.value_or(item.expires) : item.expires;
  before->won = item.stale || (command.recache && ends != 0 && ends < *command.recache);
}

using Show = absl::FunctionRef<void(const ItemView&, const ItemBefore&)>;

// With `looked`, what a look-up just before this one, an access itself, found.
bool LookUpAndChange(Store* store, std::string_view key, const LookUpCommand& command, Seconds now,
                     const ItemBefore* looked, Show show) {
  bool shown = false;
  ItemBefore before;
  store->Update(
      key, now, [&](const ItemView* item) { return Decide(command, item, now, &before); },
      [&](const ItemView& item) {
        shown = true;
        if (looked != nullptr) {
          before.fetched = looked->fetched;
          before.last_access = looked->last_access;
        }
        show(item, before);
      });
  return shown;
}

}  // namespace

Change Decide(const LookUpCommand& command, const ItemView* item, Seconds now, ItemBefore* before) {
  if (item != nullptr) {
    Note(command, *item, before);
    Change change = Change::Alter(*item);
    change.expires = command.expires.value_or(item->expires);
    change.win_given = item->win_given || before->won;
    change.used = command.is_access;
    return change;
  }
  if (!command.vivify) return Change::Leave();
  *before = {.created = true, .last_access = now, .won = true};
  Change change = Change::Store("", 0, *command.vivify);
  change.win_given = true;
  change.fetched = command.is_access;
  change.cas = command.new_cas;
  return change;
}

bool LookUpItem(Store* store, std::string_view key, const LookUpCommand& command, Seconds now,
                Show show) {
  if (command.MayChange()) return LookUpAndChange(store, key, command, now, nullptr, show);
  // The usual case is that there is nothing to change. Otherwise, that somebody won has to be
  // noted.
  bool shown = false;
  ItemBefore before;
  store->Get(key, now, [&](const ItemView& item) {
    Note(command, item, &before);
    if (before.won) return;
    shown = true;
    show(item, before);
  });
  return before.won ? LookUpAndChange(store, key, command, now, &before, show) : shown;
}

}  // namespace overtake
