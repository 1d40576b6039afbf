// The command line.
#pragma once

#include <optional>

#include "server/settings.h"

namespace overtake {

// Reads memcached's flags and ours into *settings. Returns nothing when the server should run, or
// the exit status when it should not: 0 after --help and --version, which were printed, and 64
// (EX_USAGE) after an error, which was printed to stderr.
std::optional<int> ParseFlags(int argc, const char* const* argv, Settings* settings);

}  // namespace overtake
