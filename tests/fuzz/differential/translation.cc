#include "tests/fuzz/differential/translation.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "protocol/command_line.h"
#include "protocol/line_parts.h"
#include "server/commands/command_table.h"

namespace overtake::tests {
namespace {

constexpr std::string_view kStorage[] = {"set", "add", "replace", "append", "prepend", "cas", "ms"};

// A line of a storage command that has a word for the length.
struct StorageLine {
  Tokens words;
  bool meta = false;
  std::optional<size_t> length;  // of the block, if it can be read
  bool refused = false;
  Request request;
};

std::string_view WithoutEnd(std::string_view line) {
  line.remove_suffix(1);
  if (line.size() > 1 && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::optional<StorageLine> Read(std::string_view line) {
  line = WithoutEnd(line);
  StorageLine read;
  read.words = Split(line);
  const std::string_view name = read.words[0];
  if (std::find(std::begin(kStorage), std::end(kStorage), name) == std::end(kStorage)) {
    return std::nullopt;
  }
  read.meta = name == "ms";
  if (read.words.count < (read.meta ? 3 : 5)) return std::nullopt;
  read.length = ParseCommandLine(kCommandTable, line, &read.request);
  read.refused = read.request.command == Command::kInvalid;
  return read;
}

// A line with the first `wanted` words, and noreply if it is the last.
std::string Normal(const Tokens& words, size_t wanted) {
  std::string text(words[0]);
  for (size_t i = 1; i < wanted; ++i) {
    // One that is the last word of all does silence the reply.
    const bool silences = i == 5 && words[i] == "noreply" && i + 1 < words.count;
    text += " ";
    text += i < words.count && !silences ? words[i] : "none";
  }
  const bool noreply = words.count > wanted && words.last() == "noreply";
  return text + (noreply ? " noreply\r\n" : "\r\n");
}

// Lines that 1.6.18 answers with an error that it gives to fewer lines than later versions.
constexpr struct {
  std::string_view error, line;
} kErrors[] = {
    {"ERROR", "none\r\n"},
    {kBadFormat, "set none 0 0 none\r\n"},
    {"CLIENT_ERROR invalid exptime argument", "touch none x\r\n"},
    {"CLIENT_ERROR invalid numeric delta argument", "incr none x\r\n"},
    {"CLIENT_ERROR bad token in command line format", "mg none Tx\r\n"},
    {"CLIENT_ERROR invalid numeric initial value", "mg none Jx\r\n"},
    {"CLIENT_ERROR invalid numeric delta value", "mg none Dx\r\n"},
    {"CLIENT_ERROR error decoding key", "mg ! b\r\n"},
    {"CLIENT_ERROR duplicate flag", "mg none v v\r\n"},
    {"CLIENT_ERROR options flags are too long",
     "mg none 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9\r\n"},
    {"CLIENT_ERROR invalid flag", "mg none z\r\n"},
    {"CLIENT_ERROR invalid or duplicate flag", "ma none v v\r\n"},
};

// How 1.6.18 is made to refuse something as `request` does, if it is a refusal.
std::optional<std::string> Refused(const Request& request) {
  if (request.command != Command::kInvalid) return std::nullopt;
  if (request.noreply) return "";
  for (const auto& [error, line] : kErrors) {
    if (error == request.text) return std::string(line);
  }
  return std::nullopt;
}

// The words that 1.6.18 takes before a noreply: of a command that later versions take more with.
std::optional<size_t> WordsBeforeNoreply(const Tokens& words, Command command) {
  switch (command) {
    case Command::kDelete:
    case Command::kVerbosity:
      return 2;
    case Command::kIncr:
    case Command::kDecr:
    case Command::kTouch:
      return 3;
    case Command::kFlushAll:
      return words.count == 1 || words[1] == "noreply" ? 1 : 2;
    default:
      return std::nullopt;
  }
}

// Of a meta command's modes, later versions look at the first byte; 1.6.18 wants no other.
std::string WithShortModes(std::string_view line) {
  std::string text(line);
  if (!line.starts_with("ma ") && !line.starts_with("ms ")) return text;
  const Tokens words = Split(WithoutEnd(line));
  for (size_t i = words.count; i-- > (words[0] == "ms" ? 3 : 2);) {
    if (!words[i].starts_with('M') || words[i].size() == 2) continue;
    const auto at = static_cast<size_t>(words[i].data() - line.data());
    text.replace(at, words[i].size(), words[i].size() == 1 ? "Mx" : words[i].substr(0, 2));
  }
  return text;
}

// A line without a block.
std::string Plain(std::string_view line) {
  constexpr size_t kShortest = 4;
  Request request;
  const std::string_view content = WithoutEnd(line);
  ParseCommandLine(kCommandTable, content, &request);
  if (line.size() < kShortest && request.command == Command::kInvalid) {
    Fail(kBadFormat, &request);
  }
  if (const auto refused = Refused(request)) return *refused;
  if (request.command == Command::kQuit && !request.text.empty()) return "GET / HTTP/1.1\r\n";
  const Tokens words = Split(content);
  const auto wanted = WordsBeforeNoreply(words, request.command);
  return wanted.has_value() ? Normal(words, *wanted) : std::string(line);
}

}  // namespace

bool HidesItsBlock(std::string_view line) {
  const auto read = Read(line);
  return !read.has_value() || !read->length.has_value();
}

std::string ForReference(std::string_view bytes) {
  std::string text;
  for (;;) {
    const size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) return text.append(bytes);
    const std::string line = WithShortModes(bytes.substr(0, newline + 1));
    bytes.remove_prefix(newline + 1);
    const auto read = Read(line);
    if (!read.has_value()) {
      text += Plain(line);
      continue;
    }
    const size_t block =
        read->length.has_value() ? std::min(*read->length + 2, bytes.size()) : size_t{0};
    // The error follows the block, which never ends.
    if (read->refused && read->length.has_value() && block < *read->length + 2) return text;
    if (const auto error = Refused(read->request)) {
      text += *error;
    } else {
      text += read->meta ? line : Normal(read->words, read->words[0] == "cas" ? 6 : 5);
      text += bytes.substr(0, block);
    }
    bytes.remove_prefix(block);
  }
}

}  // namespace overtake::tests
