// Requests, and the replies a right server gives to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace overtake::tests {

// `size` bytes that depend on `seed` and on their place, all byte values included.
std::string Pattern(uint64_t seed, size_t size);

// A value that can be recognised without knowing who wrote it: its length, its writer's number and
// a checksum, padded to `size` (at least 40) bytes.
std::string SelfDescribing(uint64_t seed, size_t size);
bool IsIntact(std::string_view value);

std::string SetRequest(const std::string& key, std::string_view value, unsigned flags = 0,
                       const std::string& exptime = "0");

// What get answers for one hit, without END.
std::string ValueReply(const std::string& key, std::string_view value, unsigned flags = 0);

}  // namespace overtake::tests
