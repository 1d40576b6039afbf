// Bytes in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace overtake::tests {

// Non-printing bytes escaped, long runs shortened.
std::string Printable(std::string_view bytes, size_t limit = 600);

}  // namespace overtake::tests
