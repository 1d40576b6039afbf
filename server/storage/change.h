// What an update makes of an item.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "server/storage/item_view.h"

namespace overtake {

// The answer of Store::Update's callback. Begin with one of the functions and set what should
// differ. Without an item, kLeave, kDelete and kAlter do nothing.
struct Change {
  enum class Kind : uint8_t {
    kLeave,   // everything stays
    kDelete,  // the item goes
    kAlter,   // the item gets this expiry time and these marks; its value and CAS unique stay
    kStore,   // an item with this value takes its place, or is the first
  };

  // Field by field: what a designated initializer makes, GCC 12 copies, twice over.
  static Change Of(Kind kind) {
    Change change;
    change.kind = kind;
    return change;
  }
  static Change Leave() { return Of(Kind::kLeave); }
  static Change Delete() { return Of(Kind::kDelete); }
  static Change Alter(const ItemView& item) {
    Change change = Of(Kind::kAlter);
    change.expires = item.expires;
    change.stale = item.stale;
    change.win_given = item.win_given;
    change.fetched = item.fetched;
    return change;
  }
  static Change Store(std::string_view value, uint32_t flags, Seconds expires) {
    Change change = Of(Kind::kStore);
    change.expires = expires;
    change.flags = flags;
    change.value.push_back(value);
    return change;
  }

  Kind kind = Kind::kLeave;
  bool used = false;  // kLeave, kAlter: this was an access to the item, as a Get is

  // kAlter and kStore.
  Seconds expires = 0;
  bool stale = false;
  bool win_given = false;
  bool fetched = false;

  // kStore only.
  uint32_t flags = 0;
  std::optional<uint64_t> cas = {};  // the item's CAS unique instead of the next one
  // The value, in pieces, which may be the old item's.
  absl::InlinedVector<std::string_view, 3> value = {};
};

}  // namespace overtake
