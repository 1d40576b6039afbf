// The -o option: memcached's long list of keys.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/settings.h"

namespace overtake {

// Reads one argument of -o, keys separated by commas, each "key" or "key=value", into *settings.
// Keys that concern what this server does not have (slab classes, LRU lists) are checked as
// memcached checks them, and noted in settings->tuning and settings->without_effect. Errors:
// InvalidArgument, which names the key.
absl::Status ParseExtendedOptions(absl::string_view text, Settings* settings);

// What of it cannot be said before all of it was read. Errors: InvalidArgument.
absl::Status CheckTuning(const Tuning& tuning);

}  // namespace overtake
