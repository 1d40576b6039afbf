#include "protocol/meta_command.h"

#include "protocol/meta_flags.h"

namespace overtake {
namespace {

// Words of a line at most, command and key included.
constexpr size_t kMaxMetaTokens = 19;

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
  const auto fail = [request](std::string_view error) {
    Fail(error, request);
    return std::nullopt;
  };
  if (command == Command::kMetaDebug) {
    ParseMetaDebug(tokens, request);
    return std::nullopt;
  }
  if (tokens.count < 2) return fail(kError);
  if (!FitsKey(tokens[1])) return fail(kBadFormat);
  request->key = tokens[1];
  const size_t words = command == Command::kMetaSet ? 2 : 1;  // before the flags
  if (tokens.count <= words) return fail(kBadFormat);
  if (tokens.count > kMaxMetaTokens) {
    return fail(command == Command::kMetaGet ? "CLIENT_ERROR options flags are too long"
                                             : "CLIENT_ERROR options flags too long");
  }
  std::optional<size_t> length;
  if (command == Command::kMetaSet) {
    length = ParseLength(tokens[2]);
    if (!length.has_value()) return fail(kBadFormat);
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
