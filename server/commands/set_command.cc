#include "server/commands/set_command.h"

#include "protocol/parser.h"
#include "server/commands/delete_command.h"

namespace overtake {
namespace {

// Whether the command may store its value in the place of the item, which may be null.
CommandResult Check(const SetCommand& command, const ItemView* item) {
  switch (command.mode) {
    case Command::kAdd:
      return item == nullptr ? CommandResult::kDone : CommandResult::kNotStored;
    case Command::kReplace:
      return item != nullptr ? CommandResult::kDone : CommandResult::kNotStored;
    case Command::kCas:
      if (item == nullptr) return CommandResult::kNotFound;
      if (command.cas == 0 || command.cas > item->cas) return CommandResult::kExists;
      return command.cas == item->cas || command.keeps_late ? CommandResult::kDone
                                                            : CommandResult::kExists;
    case Command::kAppend:
    case Command::kPrepend: {
      if (item == nullptr) return command.vivify ? CommandResult::kDone : CommandResult::kNotStored;
      if (command.cas != 0 && command.cas != item->cas) return CommandResult::kExists;
      const size_t value_bytes = item->value_bytes + command.value.size();
      return ItemBytes(item->key.size(), item->flags, value_bytes) <= command.max_item_bytes
                 ? CommandResult::kDone
                 : CommandResult::kNotStored;
    }
    default:
      return CommandResult::kDone;
  }
}

}  // namespace

Command ModeOf(const Request& request) {
  if (request.command != Command::kMetaSet) return request.command;
  switch (request.meta.mode) {
    case 'E':
      return Command::kAdd;
    case 'A':
      return Command::kAppend;
    case 'P':
      return Command::kPrepend;
    default:
      if (request.meta.Has('C')) return Command::kCas;
      return request.meta.mode == 'R' ? Command::kReplace : Command::kSet;
  }
}

SetCommand SetCommandOf(const Request& request, const Clock& clock, size_t max_item_bytes) {
  SetCommand command = {.mode = ModeOf(request),
                        .too_large = request.too_large,
                        .ends_item = request.command == Command::kMetaSet,
                        .keeps_late = request.meta.Has('I'),
                        .value = request.value,
                        .flags = request.flags,
                        .expires = clock.Expiry(request.exptime),
                        .cas = request.number,
                        .max_item_bytes = max_item_bytes};
  if (request.meta.Has('N')) command.vivify = clock.Expiry(request.meta.vivify_exptime);
  // Unlike other commands', its E0 asks for nothing.
  if (request.meta.new_cas != 0) command.new_cas = request.meta.new_cas;
  return command;
}

Change Decide(const SetCommand& command, const ItemView* item, CommandResult* result) {
  *result = Check(command, item);
  if (*result != CommandResult::kDone) {
    Change change = Change::Leave();
    // As in memcached: an add that fails was an interest in the item.
    change.used = command.mode == Command::kAdd;
    return change;
  }
  Change change = Change::Store(command.value, command.flags, command.expires);
  change.cas = command.new_cas;
  if (command.mode == Command::kAppend || command.mode == Command::kPrepend) {
    if (item == nullptr) {
      change.expires = *command.vivify;
      return change;
    }
    const bool behind = command.mode == Command::kAppend;
    change.value.insert(behind ? change.value.begin() : change.value.end(), item->pieces.begin(),
                        item->pieces.end());
    change.flags = item->flags;
    change.expires = item->expires;
  } else if (command.mode == Command::kCas && command.cas != item->cas) {
    // A value that came late may be used, but is known to be stale; when it is to end, and whether
    // somebody was asked for a new one, stays.
    change.expires = item->expires;
    change.stale = true;
    change.win_given = item->win_given;
  }
  return change;
}

CommandResult SetItem(Store* store, std::string_view key, const SetCommand& command, Seconds now,
                      StoredItem* stored) {
  CommandResult result = CommandResult::kTooLarge;
  if (!command.too_large) {
    const Store::Updated updated = store->Update(
        key, now, [&](const ItemView* item) { return Decide(command, item, &result); },
        [stored, &result](const ItemView& item) {
          if (stored == nullptr || result != CommandResult::kDone) return;
          *stored = {.cas = item.cas, .value_bytes = item.value_bytes};
        });
    if (updated.done) return result;
    result = CommandResult::kNoMemory;
  }
  // A client that could not store the new value must not go on reading the old one.
  if (command.mode == Command::kSet || command.ends_item) DeleteItem(store, key, {}, now);
  return result;
}

void Count(const SetCommand& command, CommandResult result, CommandStats* stats) {
  if (result == CommandResult::kTooLarge) return stats->store_too_large.Add(1);
  stats->cmd_set.Add(1);
  if (result == CommandResult::kNoMemory) return stats->store_no_memory.Add(1);
  if (command.mode != Command::kCas) return;
  if (result == CommandResult::kDone) stats->cas_hits.Add(1);
  if (result == CommandResult::kNotFound) stats->cas_misses.Add(1);
  if (result == CommandResult::kExists) stats->cas_badval.Add(1);
}

}  // namespace overtake
