#include "server/commands/delete_command.h"

namespace overtake {

Change Decide(const DeleteCommand& command, const ItemView* item, CommandResult* result) {
  *result = CommandResult::kNotFound;
  // Nothing to do, but WatchedStore takes it for what it is.
  if (item == nullptr) return Change::Delete();
  *result = CommandResult::kExists;
  if (command.cas.has_value() && *command.cas != item->cas) return Change::Leave();
  *result = CommandResult::kDone;
  if (!command.empties && !command.marks_stale) return Change::Delete();
  Change change = Change::Store("", command.empties ? command.flags : item->flags,
                                command.expires.value_or(command.empties ? 0 : item->expires));
  if (!command.empties) {
    change.value.assign(item->pieces.begin(), item->pieces.end());
    change.fetched = item->fetched;
  } else if (!command.marks_stale) {
    change.cas = item->cas;  // as memcached has it, only a mark is a new version
  }
  change.stale = command.marks_stale;
  if (command.new_cas.has_value()) change.cas = command.new_cas;
  return change;
}

CommandResult DeleteItem(Store* store, std::string_view key, const DeleteCommand& command,
                         Seconds now) {
  CommandResult result = CommandResult::kDone;
  const auto decide = [&](const ItemView* item) { return Decide(command, item, &result); };
  return store->Update(key, now, decide).done ? result : CommandResult::kNoMemory;
}

void Count(const DeleteCommand& command, CommandResult result, CommandStats* stats) {
  if (result == CommandResult::kNoMemory) return;
  if (result != CommandResult::kDone) return stats->delete_misses.Add(1);
  if (!command.marks_stale) return stats->delete_hits.Add(1);
  if (!command.empties) stats->altered_in_place.Add(1);
}

}  // namespace overtake
