// What the parsers of command lines share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/key_list.h"
#include "protocol/request.h"

namespace overtake {

inline constexpr std::string_view kError = "ERROR";
inline constexpr std::string_view kBadFormat = "CLIENT_ERROR bad command line format";

// memcached splits a line into at most this many tokens; what follows is one unsplit rest.
inline constexpr size_t kMaxTokens = 23;

struct Tokens {
  std::array<std::string_view, kMaxTokens> at;
  size_t count = 0;

  std::string_view operator[](size_t i) const { return at[i]; }
  std::string_view last() const { return at[count - 1]; }
};

Tokens Split(std::string_view line);

// Turns *request into an error reply; noreply, if it was set, still silences it. There is no data
// block behind it.
std::nullopt_t Fail(std::string_view error, Request* request);

inline bool FitsKey(std::string_view key) { return key.size() <= kMaxKeyBytes; }

// The length of a data block: nothing when `word` is anything but digits, or a number beyond
// 2^31 - 3.
std::optional<size_t> ParseLength(std::string_view word);

// An exptime of any command but those that store by a classic line.
bool ParseExptime(std::string_view word, int64_t* exptime);

}  // namespace overtake
