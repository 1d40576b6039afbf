// Numbers as text.
#pragma once

#include <charconv>
#include <cstdint>

namespace overtake {

// Writes `number` in decimal at `to`, which has room for 20 bytes; returns the end.
inline char* WriteNumber(uint64_t number, char* to) {
  if (number < 10) {  // flags, most of the time
    *to = static_cast<char>('0' + number);
    return to + 1;
  }
  return std::to_chars(to, to + 20, number).ptr;
}

}  // namespace overtake
