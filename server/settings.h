// What the command line decided.
#pragma once

#include <cstdint>

#include "dispatch/options.h"
#include "server/storage/store.h"

namespace overtake {

struct Settings {
  DispatchOptions dispatch;
  StoreOptions store;
  int verbosity = 0;
};

}  // namespace overtake
