#include "protocol/line_parts.h"

#include <limits>

#include "protocol/number.h"

namespace overtake {

Tokens Split(std::string_view line) {
  Tokens tokens;
  KeyList list(line);
  while (tokens.count < kMaxTokens && list.Next(&tokens.at[tokens.count])) ++tokens.count;
  return tokens;
}

void Fail(std::string_view error, Request* request) {
  request->command = Command::kInvalid;
  request->text = error;
}

std::optional<size_t> ParseLength(std::string_view word) {
  int32_t length = 0;
  if (!ParseInt32Truncated(word, &length) || length < 0 ||
      length > std::numeric_limits<int32_t>::max() - 2) {
    return std::nullopt;
  }
  return static_cast<size_t>(length);
}

}  // namespace overtake
