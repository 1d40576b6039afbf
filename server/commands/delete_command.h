// delete and md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/commands/command_result.h"
#include "server/stats/command_stats.h"
#include "server/storage/store.h"

namespace overtake {

struct DeleteCommand {
  std::optional<uint64_t> cas = {};  // the CAS unique that the item must have
  // With either of them the item stays, as one that is marked or has lost its value, or both.
  bool marks_stale = false;              // the next client to ask for it wins, whoever won before
  bool empties = false;                  // it gets the `flags`, and expires like a new item
  uint32_t flags = 0;                    // with `empties`
  std::optional<Seconds> expires = {};   // if it stays
  std::optional<uint64_t> new_cas = {};  // likewise: instead of the next one
};

// What becomes of the item that there is, or null, and so of the command.
Change Decide(const DeleteCommand& command, const ItemView* item, CommandResult* result);

// Carries the command out. Where the item is to go, there is always memory for that.
CommandResult DeleteItem(Store* store, std::string_view key, const DeleteCommand& command,
                         Seconds now);

void Count(const DeleteCommand& command, CommandResult result, CommandStats* stats);

}  // namespace overtake
