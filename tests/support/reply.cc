#include "tests/support/reply.h"

#include <charconv>

namespace overtake::tests {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// Bytes of the data block behind a line, its end included; 0 if there is none.
size_t BlockBehind(std::string_view line) {
  const size_t at = line.starts_with("VALUE ") ? 3 : line.starts_with("VA ") ? 1 : 0;
  if (at == 0) return 0;
  const auto words = WordsOf(line);
  if (at >= words.size()) return 0;
  size_t bytes = 0;
  const char* const last = words[at].data() + words[at].size();
  const auto [end, error] = std::from_chars(words[at].data(), last, bytes);
  return error == std::errc() && end == last ? bytes + kLineEnd.size() : 0;
}

}  // namespace

std::vector<std::string_view> WordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

ReplyLine TakeReplyLine(std::string_view* reply) {
  ReplyLine line;
  const size_t end = reply->find(kLineEnd);
  line.text = reply->substr(0, end);
  if (end == std::string_view::npos) {
    reply->remove_prefix(reply->size());
    return line;
  }
  reply->remove_prefix(end + kLineEnd.size());
  const size_t block = BlockBehind(line.text);
  line.block = reply->substr(0, block);
  line.whole = line.block.size() == block;
  reply->remove_prefix(line.block.size());
  return line;
}

std::string StatIn(std::string_view reply, std::string_view name) {
  const std::string wanted = "STAT " + std::string(name) + " ";
  while (!reply.empty()) {
    const std::string_view line = TakeReplyLine(&reply).text;
    if (line.starts_with(wanted)) return std::string(line.substr(wanted.size()));
  }
  return "";
}

std::optional<std::vector<Item>> AskForItems(RawSocket* socket, std::string_view request) {
  std::vector<Item> items;
  if (!socket->Send(request)) return std::nullopt;
  std::string received;
  while (received != "END\r\n") {
    std::string_view rest = received;
    const ReplyLine line = TakeReplyLine(&rest);
    if (!line.whole) {
      if (!socket->ReadMore(&received, 4 * kGiveUp)) return std::nullopt;
      continue;
    }
    const auto words = WordsOf(line.text);
    if (words[0] != "VALUE" || words.size() < 4 || words.size() > 5) return std::nullopt;
    if (!line.block.ends_with(kLineEnd)) return std::nullopt;
    items.push_back({.key = std::string(words[1]),
                     .flags = std::string(words[2]),
                     .cas = words.size() == 5 ? std::string(words[4]) : "",
                     .value = std::string(line.block.substr(0, line.block.size() - 2))});
    received.erase(0, received.size() - rest.size());
  }
  return items;
}

}  // namespace overtake::tests
