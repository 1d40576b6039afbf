#include "protocol/meta_command.h"

#include "protocol/meta_flags.h"

namespace overtake {
namespace {

// Words of a line at most, command and key included: memcached 1.6.18's, and for ms, whose data
// block it does not swallow behind this error, 1.6.45's.
constexpr size_t kMaxMetaTokens = 19;
constexpr size_t kMaxMetaSetTokens = 20;

// me has one flag, and no errors of its own.
void ParseMetaDebug(const Tokens& tokens, Request* request) {
  if (tokens.count < 2 || !FitsKey(tokens[1])) return Fail(kBadFormat, request);
  request->key = tokens[1];
  if (tokens.count > 2 && tokens[2] == "b") request->text = tokens[2];
  if (!ParseMetaFlags(request).empty()) Fail(kBadFormat, request);
}

}  // namespace

std::optional<size_t> ParseMetaCommand(const Tokens& tokens, std::string_view arguments,
                                       Request* request) {
  const Command command = request->command;
  std::optional<size_t> length;
  const auto fail = [request, &length](std::string_view error) {
    Fail(error, request);
    return length;
  };
  if (command == Command::kMetaDebug) {
    ParseMetaDebug(tokens, request);
    return std::nullopt;
  }
  if (tokens.count < 2) return fail(kError);
  const bool is_set = command == Command::kMetaSet;
  const size_t words = is_set ? 2 : 1;  // before the flags
  if (tokens.count <= words) return fail(kBadFormat);
  if (is_set) {
    length = ParseLength(tokens[2]);
    if (!length.has_value()) return fail(kBadFormat);
  }
  if (!FitsKey(tokens[1])) return fail(kBadFormat);
  request->key = tokens[1];
  if (tokens.count > (is_set ? kMaxMetaSetTokens : kMaxMetaTokens)) {
    return fail(is_set || command == Command::kMetaGet ? "CLIENT_ERROR options flags are too long"
                                                       : "CLIENT_ERROR options flags too long");
  }
  arguments.remove_prefix(
      static_cast<size_t>(tokens[words].data() + tokens[words].size() - arguments.data()));
  request->text = arguments;
  std::string_view error = ParseMetaFlags(request);
  if (error.empty()) {
    error = CheckMetaFlags(*request);
  } else if (command == Command::kMetaDelete || command == Command::kMetaArithmetic) {
    error = "CLIENT_ERROR invalid or duplicate flag";  // all that they say
  }
  if (!error.empty()) Fail(error, request);
  return length;
}

}  // namespace overtake
