// Look-ups that may change what they find: gat, gats, touch and mg. A get and a gets are
// Store::Get.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "server/storage/store.h"

namespace overtake {

struct LookUpCommand {
  std::optional<Seconds> expires = {};  // the item's new expiry time
  bool is_access = true;                // false: it leaves no trace of that kind

  // The first client to find an item stale, or to end before `recache`, wins: it is to fetch a new
  // value, and is told so.
  bool may_win = false;
  std::optional<Seconds> recache = {};
  bool recache_sees_new = false;  // judged by the new expiry time, if any, not by the one before

  std::optional<Seconds> vivify = {};    // if there is no item, an empty one is made that ends then
  std::optional<uint64_t> new_cas = {};  // the CAS unique of that instead of the next one

  bool MayChange() const { return expires || recache || vivify || !is_access; }
};

// The item before the look-up that shows it.
struct ItemBefore {
  Seconds expires = 0;
  bool created = false;  // there was none
  bool stale = false;
  bool win_given = false;
  bool fetched = false;
  Seconds last_access = 0;
  bool won = false;  // what follows: this one is to fetch a new value
};

// What becomes of the item that there is, or null.
Change Decide(const LookUpCommand& command, const ItemView* item, Seconds now, ItemBefore* before);

// Carries the command out: shows the item as it is afterwards, once. False, without a call, when
// there is none; a lack of memory for what should change makes none of it.
bool LookUpItem(Store* store, std::string_view key, const LookUpCommand& command, Seconds now,
                absl::FunctionRef<void(const ItemView&, const ItemBefore&)> show);

}  // namespace overtake
