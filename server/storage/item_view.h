// A stored item as callbacks see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "base/pin.h"

namespace overtake {

// Seconds on the server's clock, which starts above 0. As an expiry time, 0 means never.
using Seconds = uint32_t;

// A stored item, for as long as the callback that it is passed to runs.
class ItemView {
 public:
  virtual ~ItemView() = default;

  std::string_view key;
  uint32_t flags = 0;
  Seconds expires = 0;
  Seconds last_access = 0;  // when it was stored, or last got before this access
  uint64_t cas = 0;
  bool fetched = false;    // since it was stored, before this access
  bool stale = false;      // marked so by an invalidation
  bool win_given = false;  // somebody was told to fetch a new value
  size_t value_bytes = 0;
  // The value, in order. More than one piece when it spans several units of allocation.
  absl::Span<const std::string_view> pieces;

  // Keeps pieces[piece] where it is, unchanged, beyond the callback and until the Pin is gone, even
  // if the item is overwritten, deleted or evicted meanwhile. An empty Pin (held() is false) when
  // too much is pinned already: then copy.
  virtual Pin PinPiece(size_t piece) const = 0;
};

}  // namespace overtake
