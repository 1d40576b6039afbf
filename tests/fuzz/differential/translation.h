// What memcached 1.6.18 has to be told so that it does what later versions do, and we.
#pragma once

#include <string>
#include <string_view>

namespace overtake::tests {

// Whether the bytes behind `line`, of a storage command and with its end, are taken for lines:
// nobody can read how long its data block is.
bool HidesItsBlock(std::string_view line);

// `bytes`, which begin with a line, for the reference. Lines are read as memcached 1.6.45 reads
// them (docs/protocol.md, "Where we differ"), which 1.6.18 does of lines of another form:
//   - a line that is refused becomes one that it refuses with the same words, without a block
//     (which would be executed); one that is refused silently becomes none;
//   - words behind those that the command has are left out, and what follows a mode's first byte.
// So only a memcached that is not older says what is refused; this one, what is done.
std::string ForReference(std::string_view bytes);

}  // namespace overtake::tests
