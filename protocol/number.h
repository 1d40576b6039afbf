// Numbers as memcached's text protocol reads them.
#pragma once

#include <cstdint>
#include <string_view>

namespace overtake {

// Each reads a decimal number from the start of `text` by the rules of C's strtol family, which
// memcached exposes to its clients: leading white space and a sign are allowed, and what follows
// the digits must be white space (after which anything may stand) or the end. False, with *out
// untouched, when there are no digits, the number is out of range, or other text follows.

// -2^63 .. 2^63-1.
bool ParseInt64(std::string_view text, int64_t* out);

// As ParseInt64, then cut to the low 32 bits: 4294967299 is 3, which is what memcached makes of
// it.
bool ParseInt32Truncated(std::string_view text, int32_t* out);

// 0 .. 2^64-1; "-n" stands for 2^64-n as in strtoull, but is refused where that is 2^63 or more.
bool ParseUint64(std::string_view text, uint64_t* out);

// As ParseUint64, then cut to the low 32 bits: what memcached does to flags.
bool ParseUint32Truncated(std::string_view text, uint32_t* out);

}  // namespace overtake
