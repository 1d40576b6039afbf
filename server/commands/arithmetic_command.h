// incr, decr and ma.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/commands/command_result.h"
#include "server/stats/command_stats.h"
#include "server/storage/store.h"

namespace overtake {

// Adds to, or takes from, a value that is a decimal number below 2^64.
struct ArithmeticCommand {
  uint64_t delta = 1;
  bool negative = false;                 // the number does not go below 0; upwards it wraps
  uint64_t cas = 0;                      // the CAS unique that the item must have; 0: any
  std::optional<Seconds> expires = {};   // instead of what the item has
  std::optional<uint64_t> initial = {};  // the number that an item is made with if there is none,
  Seconds initial_expires = 0;           // and when that expires
  std::optional<uint64_t> new_cas = {};  // the item's instead of the next one
};

struct ArithmeticResult {
  CommandResult result = CommandResult::kNotFound;
  // The number that the item has now, with kDone.
  uint64_t number = 0;
  std::string_view text() const { return {digits.data(), digit_count}; }

  bool created = false;        // there was no item
  bool in_place = false;       // the number was written over the old one
  Seconds expires_before = 0;  // the item's
  uint64_t cas = 0;            // that it has now

  // What a Change refers to: what is written over the old value.
  std::array<char, 20> digits;
  size_t digit_count = 0;
  std::string padding = {};  // behind a number shorter than the old value
};

// What becomes of the item that there is, or null, and so of the command. The Change refers to
// *result.
Change Decide(const ArithmeticCommand& command, const ItemView* item, ArithmeticResult* result);

// Carries the command out. result->created is right with kNoMemory, too.
void AddToItem(Store* store, std::string_view key, const ArithmeticCommand& command, Seconds now,
               ArithmeticResult* result);

void Count(const ArithmeticCommand& command, const ArithmeticResult& result, CommandStats* stats);

}  // namespace overtake
