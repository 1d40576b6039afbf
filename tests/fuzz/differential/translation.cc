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
};

std::optional<StorageLine> Read(std::string_view line) {
  line.remove_suffix(1);
  if (line.size() > 1 && line.back() == '\r') line.remove_suffix(1);
  StorageLine read;
  read.words = Split(line);
  const std::string_view name = read.words[0];
  if (std::find(std::begin(kStorage), std::end(kStorage), name) == std::end(kStorage)) {
    return std::nullopt;
  }
  read.meta = name == "ms";
  if (read.words.count < (read.meta ? 3 : 5)) return std::nullopt;
  Request request;
  read.length = ParseCommandLine(kCommandTable, line, &request);
  read.refused = request.command == Command::kInvalid;
  return read;
}

// The words that 1.6.18 knows, as many as it wants.
std::string Normal(const StorageLine& line) {
  const size_t wanted = line.words[0] == "cas" ? 6 : 5;
  std::string text(line.words[0]);
  for (size_t i = 1; i < wanted; ++i) {
    // One that is the last word of all does silence the reply.
    const bool silences = i == 5 && line.words[i] == "noreply" && i + 1 < line.words.count;
    text += " ";
    text += i < line.words.count && !silences ? line.words[i] : "none";
  }
  const bool noreply = line.words.count > wanted && line.words.last() == "noreply";
  return text + (noreply ? " noreply\r\n" : "\r\n");
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
    const std::string_view line = bytes.substr(0, newline + 1);
    bytes.remove_prefix(line.size());
    const auto read = Read(line);
    if (!read.has_value()) {
      text += line;
      continue;
    }
    if (!read->length.has_value()) {
      text += "set none 0 0 none\r\n";
      continue;
    }
    const size_t block = std::min(*read->length + 2, bytes.size());
    // The error follows the block, which never ends.
    if (read->refused && block < *read->length + 2) return text;
    text += read->meta ? std::string(line) : Normal(*read);
    // 1.6.18 swallows an ms's block, too, but behind an overlong key.
    const bool swallows = read->meta && read->words[1].size() <= kMaxKeyBytes;
    if (!read->refused || swallows) text += bytes.substr(0, block);
    bytes.remove_prefix(block);
  }
}

}  // namespace overtake::tests
