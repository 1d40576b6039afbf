#include "protocol/line_parts.h"

#include <charconv>
#include <limits>
#include <system_error>

namespace overtake {

Tokens Split(std::string_view line) {
  Tokens tokens;
  KeyList list(line);
  while (tokens.count < kMaxTokens && list.Next(&tokens.at[tokens.count])) ++tokens.count;
  return tokens;
}

std::nullopt_t Fail(std::string_view error, Request* request) {
  request->command = Command::kInvalid;
  request->text = error;
  return std::nullopt;
}

std::optional<size_t> ParseLength(std::string_view word) {
  constexpr size_t kMaxLengthBytes = 11;  // that memcached reads, leading zeros and a sign included
  int32_t length = 0;
  const char* const end = word.data() + word.size();
  const auto [read_to, error] = std::from_chars(word.data(), end, length);
  if (word.size() > kMaxLengthBytes || error != std::errc() || read_to != end || length < 0 ||
      length > std::numeric_limits<int32_t>::max() - 2) {
    return std::nullopt;
  }
  return static_cast<size_t>(length);
}

}  // namespace overtake
