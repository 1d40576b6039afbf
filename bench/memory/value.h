#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace overtake::bench {

// Appends the value of `bytes` bytes that a replay stores under `key`. Key and length decide every
// byte, first and last ones above all, so that neither another key's value nor a part of this one
// passes for it.
void AppendValue(absl::string_view key, size_t bytes, std::string* out);

// Whether `value` is what AppendValue made for `key`, at whatever length. Looks at every byte.
bool IsValueOf(absl::string_view key, absl::string_view value);

}  // namespace overtake::bench
