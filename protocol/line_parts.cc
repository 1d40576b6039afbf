#include "protocol/line_parts.h"

#include <cstdint>
#include <limits>

#include "protocol/number.h"

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
  int32_t length = 0;
  if (!ParseInt32(word, &length) || length < 0 ||
      length > std::numeric_limits<int32_t>::max() - 2) {
    return std::nullopt;
  }
  return static_cast<size_t>(length);
}

bool ParseExptime(std::string_view word, int64_t* exptime) {
  int32_t seconds = 0;
  if (!ParseInt32(word, &seconds)) return false;
  *exptime = seconds;
  return true;
}

}  // namespace overtake
