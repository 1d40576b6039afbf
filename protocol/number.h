// Numbers as memcached's text protocol reads them.
#pragma once

#include <cstdint>
#include <string_view>

namespace overtake {

// Digits, signed ones behind at most one "-", and nothing else; not more than 11 characters of 32
// bits, 22 of 64. False, with *out untouched, where memcached since 1.6.40 sees none.
bool ParseInt32(std::string_view text, int32_t* out);
bool ParseUint32(std::string_view text, uint32_t* out);
bool ParseUint64(std::string_view text, uint64_t* out);

// memcached still reads a set's flags and exptime, the values that incr counts, and the numbers of
// slab classes by the rules of C's strtol family: leading white space and a sign are allowed, and
// what follows the digits must be white space or a NUL (after which anything may stand) or the end.
// False, with *out untouched, when there are no digits, the number is out of range, or other text
// follows.

// -2^63 .. 2^63-1.
bool ParseLenientInt64(std::string_view text, int64_t* out);

// 0 .. 2^64-1; "-n" stands for 2^64-n as in strtoull, but is refused where that is 2^63 or more.
bool ParseLenientUint64(std::string_view text, uint64_t* out);

// As ParseLenientUint64, then cut to the low 32 bits: 4294967299 is 3.
bool ParseLenientUint32(std::string_view text, uint32_t* out);

}  // namespace overtake
