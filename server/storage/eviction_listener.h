// How a store tells of what it evicts.
#pragma once

#include "server/storage/item_view.h"

namespace overtake {

class EvictionListener {
 public:
  virtual ~EvictionListener() = default;

  // An item that had not expired has to go. Called on any thread, with locks of the store held: it
  // must be quick and must not call the store.
  virtual void Evicted(const ItemView& item, Seconds now) = 0;
};

}  // namespace overtake
