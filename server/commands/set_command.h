// Storage commands: set, add, replace, append, prepend, cas, and ms in its modes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/request.h"
#include "server/clock.h"
#include "server/commands/command_result.h"
#include "server/stats/command_stats.h"
#include "server/storage/store.h"

namespace overtake {

// The classic command that does what a storage command does. An ms with a CAS unique to compare is
// a kCas, unless its mode is to add, to append or to prepend.
Command ModeOf(const Request& request);

struct SetCommand {
  Command mode = Command::kSet;
  bool too_large = false;   // there is no value: it would be larger than an item may be
  bool ends_item = false;   // as kSet always does: if nothing can be stored, the old item goes
  bool keeps_late = false;  // kCas: a value made from an older item is stored, marked as stale
  std::string_view value = {};
  uint32_t flags = 0;   // append and prepend keep those that the item has
  Seconds expires = 0;  // likewise
  // kCas: the CAS unique that the item must have. 0 is never right: it is no item's, or, where
  // items have none, every item's. kAppend, kPrepend: the same, but 0 asks for none.
  uint64_t cas = 0;
  // kAppend, kPrepend: if there is no item, one is made that ends then; nothing is compared.
  std::optional<Seconds> vivify = {};
  std::optional<uint64_t> new_cas = {};  // the item's instead of the next one
  size_t max_item_bytes = SIZE_MAX;      // kAppend, kPrepend: as ItemBytes counts
};

SetCommand SetCommandOf(const Request& request, const Clock& clock, size_t max_item_bytes);

// What becomes of the item that there is, or null, and so of the command.
Change Decide(const SetCommand& command, const ItemView* item, CommandResult* result);

struct StoredItem {
  uint64_t cas = 0;
  size_t value_bytes = 0;
};

// Carries the command out. *stored, unless null, is filled if the item is stored.
CommandResult SetItem(Store* store, std::string_view key, const SetCommand& command, Seconds now,
                      StoredItem* stored = nullptr);

void Count(const SetCommand& command, CommandResult result, CommandStats* stats);

}  // namespace overtake
