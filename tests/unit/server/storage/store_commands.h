// Commands on a store, for tests that only ask whether.
#pragma once

#include <string_view>

#include "server/commands/arithmetic_command.h"
#include "server/commands/delete_command.h"
#include "server/commands/look_up_command.h"
#include "server/commands/set_command.h"
#include "server/storage/store.h"

namespace overtake {

inline bool GetFrom(Store* store, std::string_view key, Seconds now) {
  return store->Get(key, now, [](const ItemView&) {}) == Found::kHit;
}

inline bool DeleteFrom(Store* store, std::string_view key, Seconds now) {
  return DeleteItem(store, key, {}, now) == CommandResult::kDone;
}

inline bool TouchIn(Store* store, std::string_view key, Seconds expires, Seconds now,
                    Store::Visitor visit) {
  return LookUpItem(store, key, {.expires = expires}, now,
                    [visit](const ItemView& item, const ItemBefore&) { visit(item); });
}
inline bool TouchIn(Store* store, std::string_view key, Seconds expires, Seconds now) {
  return TouchIn(store, key, expires, now, [](const ItemView&) {});
}

inline CommandResult AddTo(Store* store, std::string_view key, const ArithmeticCommand& command,
                           Seconds now, uint64_t* number) {
  ArithmeticResult result;
  AddToItem(store, key, command, now, &result);
  *number = result.number;
  return result.result;
}

}  // namespace overtake
