// What memcached 1.6.18 has to be told so that it does what later versions do, and we.
#pragma once

#include <string>
#include <string_view>

namespace overtake::tests {

// Whether the bytes behind `line`, of a storage command and with its end, are taken for lines:
// nobody can read how long its data block is.
bool HidesItsBlock(std::string_view line);

// `bytes`, which begin with a line, for the reference. Lines of storage commands are read as
// memcached 1.6.45 reads them (docs/protocol.md, "Where we differ"), which 1.6.18 does of lines of
// another form:
//   - the block of a line that is refused is left out: it would be executed;
//   - so are words behind those that the command has;
//   - a line whose length is not digits becomes one that is refused for its length.
// What is refused, and with which words, is for the reference to say: it is asked without the block
// then, and would wait for it if it took the line.
std::string ForReference(std::string_view bytes);

}  // namespace overtake::tests
