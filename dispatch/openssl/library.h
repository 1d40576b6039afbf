// How the program and its library for TLS meet. Both are built together and may share types, if not
// those that need absl's libraries: Debian's static ones cannot be part of a shared one.
#pragma once

#include <string_view>

#include "dispatch/tls_context.h"

namespace overtake {

using LogClosingFunction = void(int fd, std::string_view why);

// The library's one symbol: a new context, which nothing was loaded into yet. `log` is the
// program's LogClosing.
using CreateTlsContext = TlsContext*(const TlsOptions& options, LogClosingFunction* log);
inline constexpr char kCreateTlsContext[] = "OvertakeCreateTlsContext";

}  // namespace overtake
