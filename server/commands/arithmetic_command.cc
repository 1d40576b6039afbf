#include "server/commands/arithmetic_command.h"

#include <algorithm>

#include "base/write_number.h"
#include "protocol/number.h"
#include "protocol/parser.h"

namespace overtake {
namespace {

// False where memcached does not even look at the value: when it is empty, and when the item is so
// large that it would be chained from chunks.
bool MayBeNumber(const ItemView& item) {
  constexpr size_t kLargestUnchained = 512 << 10;
  return item.value_bytes > 0 &&
         ItemBytes(item.key.size(), item.flags, item.value_bytes) <= kLargestUnchained;
}

// The value in one piece: where it lies, or in *joined. Rarely in several, and then as a rule
// short.
std::string_view Joined(const ItemView& item, std::string* joined) {
  if (item.pieces.size() == 1) return item.pieces[0];
  for (const std::string_view piece : item.pieces) joined->append(piece);
  return *joined;
}

// Reads a decimal number below 2^64. False, with *number untouched, if the value is none.
bool ParseNumber(const ItemView& item, uint64_t* number) {
  std::string joined;
  return ParseLenientUint64(Joined(item, &joined), number);
}

void SetNumber(uint64_t number, ArithmeticResult* result) {
  result->result = CommandResult::kDone;
  result->number = number;
  char* const digits = result->digits.data();
  result->digit_count = static_cast<size_t>(WriteNumber(number, digits) - digits);
}

}  // namespace

Change Decide(const ArithmeticCommand& command, const ItemView* item, ArithmeticResult* result) {
  const auto refuse = [result](CommandResult why) {
    result->result = why;
    return Change::Leave();
  };
  result->created = false;
  result->in_place = false;
  if (item == nullptr) {
    if (!command.initial.has_value()) return refuse(CommandResult::kNotFound);
    result->created = true;
    result->expires_before = 0;
    SetNumber(*command.initial, result);
    Change change = Change::Store(result->text(), 0, command.initial_expires);
    change.cas = command.new_cas;
    return change;
  }
  if (!MayBeNumber(*item)) return refuse(CommandResult::kNotANumber);
  if (command.cas != 0 && command.cas != item->cas) return refuse(CommandResult::kExists);
  uint64_t number = 0;
  if (!ParseNumber(*item, &number)) return refuse(CommandResult::kNotANumber);
  result->expires_before = item->expires;
  SetNumber(command.negative ? number - std::min(number, command.delta) : number + command.delta,
            result);
  Change change =
      Change::Store(result->text(), item->flags, command.expires.value_or(item->expires));
  change.cas = command.new_cas;
  // A number that fits is written in the old one's place, and padded with spaces: the marks stay. A
  // longer one makes a new item.
  result->in_place = result->digit_count <= item->value_bytes;
  if (result->in_place) {
    result->padding.assign(item->value_bytes - result->digit_count, ' ');
    change.value.push_back(result->padding);
    change.fetched = item->fetched;
    change.stale = item->stale;
    change.win_given = item->win_given;
  }
  return change;
}

void AddToItem(Store* store, std::string_view key, const ArithmeticCommand& command, Seconds now,
               ArithmeticResult* result) {
  const Store::Updated updated = store->Update(
      key, now, [&](const ItemView* item) { return Decide(command, item, result); },
      [result](const ItemView& item) { result->cas = item.cas; });
  if (!updated.done) result->result = CommandResult::kNoMemory;
}

void Count(const ArithmeticCommand& command, const ArithmeticResult& result, CommandStats* stats) {
  if (result.result == CommandResult::kDone && !result.created) {
    (command.negative ? stats->decr_hits : stats->incr_hits).Add(1);
    if (result.in_place) stats->altered_in_place.Add(1);
  } else if (result.result == CommandResult::kNotFound) {
    (command.negative ? stats->decr_misses : stats->incr_misses).Add(1);
  }
}

}  // namespace overtake
