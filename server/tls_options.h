// The ssl_* keys of -o.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dispatch/tls_context.h"

namespace overtake {

// Understands one of memcached's keys that begin with "ssl_" and what stands behind its "=".
// InvalidArgument in memcached's words.
absl::Status ParseTlsOption(absl::string_view key, bool has_value, absl::string_view value,
                            TlsOptions* options);

}  // namespace overtake
