#include "tests/conformance/reply_text.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

namespace overtake::tests {
namespace {

std::string WithoutPrefix(std::string_view line, std::string_view prefix) {
  std::string result;
  size_t from = 0;
  for (;;) {
    const size_t at = prefix.empty() ? std::string_view::npos : line.find(prefix, from);
    if (at == std::string_view::npos) break;
    result.append(line.substr(from, at - from));
    result += "{k}";
    from = at + prefix.size();
  }
  result.append(line.substr(from));
  return result;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  return words;
}

}  // namespace

ReplyText Normalize(std::string_view reply, std::string_view prefix) {
  ReplyText result;
  std::map<std::string, int> names;  // of CAS uniques
  while (!reply.empty()) {
    const size_t end = reply.find("\r\n");
    if (end == std::string_view::npos) break;
    const std::string_view line = reply.substr(0, end);
    size_t block = end + 2;
    std::string text = WithoutPrefix(line, prefix);
    const auto words = Words(line);
    if (words.size() >= 4 && words[0] == "VALUE") {
      // VALUE <key> <flags> <bytes> [<cas unique>]
      block += std::strtoull(std::string(words[3]).c_str(), nullptr, 10) + 2;
      if (block > reply.size()) break;
      if (words.size() == 5) {
        result.last_cas = words[4];
        const auto name =
            names.try_emplace(std::string(words[1]) + " " + result.last_cas, names.size() + 1);
        text.resize(text.size() - words[4].size());
        text += "<cas " + std::to_string(name.first->second) + ">";
      }
    } else if (words.size() >= 2 && words[0] == "VERSION") {
      text = "VERSION <text>";
    }
    result.text += text;
    result.text += reply.substr(end, block - end);
    reply.remove_prefix(block);
  }
  result.settled = result.text.size();
  result.text += reply;
  return result;
}

std::string Printable(std::string_view bytes, size_t limit) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i++) {
    if (bytes.size() > limit && i == limit / 2) {
      const size_t skipped = bytes.size() - limit;
      text += "...(" + std::to_string(skipped) + " bytes)...";
      i += skipped;
    }
    const auto c = static_cast<unsigned char>(bytes[i]);
    char escape[8];
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c < 0x20 || c >= 0x7f) {
      std::snprintf(escape, sizeof escape, "\\x%02x", c);
      text += escape;
    } else {
      text += static_cast<char>(c);
    }
  }
  return text;
}

}  // namespace overtake::tests
