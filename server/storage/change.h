// What an update makes of an item.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "server/storage/item_view.h"

namespace overtake {

// The answer of Store::Update's callback. Begin with one of the four functions and set what should
// differ. Without an item, kLeave, kDelete and kAlter do nothing.
struct Change {
  enum class Kind : uint8_t {
    kLeave,   // everything stays
    kDelete,  // the item goes
    kAlter,   // the item gets this expiry time and these marks; its value and CAS unique stay
    kStore,   // an item with this value takes its place, or is the first
  };

  static Change Leave() { return Change(); }
  static Change Delete() { return {.kind = Kind::kDelete}; }
  static Change Alter(const ItemView& item) {
    return {.kind = Kind::kAlter,
            .expires = item.expires,
            .stale = item.stale,
            .win_given = item.win_given,
            .fetched = item.fetched};
  }
  static Change Store(std::string_view value, uint32_t flags, Seconds expires) {
    return {.kind = Kind::kStore, .expires = expires, .flags = flags, .value = {value}};
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
