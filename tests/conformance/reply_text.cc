#include "tests/conformance/reply_text.h"

#include <cstdlib>
#include <map>

#include "tests/support/reply.h"

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

// Numbers CAS uniques by their first appearance.
class CasNames {
 public:
  // `scope`: uniques are unique within it only.
  std::string NameOf(std::string_view scope, std::string_view cas) {
    const auto name =
        names_.try_emplace(std::string(scope) + " " + std::string(cas), names_.size() + 1);
    return "<cas " + std::to_string(name.first->second) + ">";
  }

 private:
  std::map<std::string, int> names_;
};

uint64_t NumberIn(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Seconds that are left pass while a stream runs: they are rounded, which their number of digits
// must outlast.
std::string Remaining(std::string_view text) {
  constexpr uint64_t kFar = 60 * 60 * 24 * 30;  // only a Unix time is further
  // A time that has passed, modulo 2^32; or the latest that we can tell, which is as many.
  constexpr uint64_t kPast = (uint64_t{1} << 32) - (uint64_t{1} << 20);
  const uint64_t seconds = NumberIn(text);
  if (seconds >= kPast) return "<past>";
  if (seconds > kFar) return "<far>";
  return std::to_string(seconds < 10 ? seconds : (seconds + 5) / 10 * 10);
}

// Seconds since then: a few pass.
std::string Passed(std::string_view text) { return NumberIn(text) <= 5 ? "0" : std::string(text); }

// A flag in the reply to a meta command, or a field of me.
std::string MetaWord(std::string_view word, CasNames* names, std::string* last_cas) {
  const auto cas = [&](std::string_view name, std::string_view number) {
    if (number == "0") return std::string(word);  // nothing was stored
    *last_cas = number;
    return std::string(name) + names->NameOf("", number);
  };
  if (word.starts_with("cas=")) return cas("cas=", word.substr(4));
  if (word.starts_with("exp=") && word != "exp=-1") {
    const std::string_view sign = word.substr(0, word[4] == '-' ? 5 : 4);
    return std::string(sign) + Remaining(word.substr(sign.size()));
  }
  if (word.starts_with("la=")) return "la=" + Passed(word.substr(3));
  if (word.empty() || !IsNumber(word.substr(1))) return std::string(word);
  switch (word[0]) {
    case 'c':
      return cas("c", word.substr(1));
    case 't':
      return "t" + Remaining(word.substr(1));
    case 'l':
      return "l" + Passed(word.substr(1));
    default:
      return std::string(word);
  }
}

// A line of lru_crawler metadump, with its end: times are the clock's.
std::string DumpLine(std::string_view line, std::string_view prefix, CasNames* names) {
  std::string text;
  for (const std::string_view word : WordsOf(line)) {
    if (!text.empty()) text += ' ';
    if (word.starts_with("cas=")) {
      text += "cas=" + names->NameOf("", word.substr(4));
    } else if (word.starts_with("la=") || (word.starts_with("exp=") && word != "exp=-1")) {
      text += std::string(word.substr(0, word.find('='))) + "=<time>";
    } else {
      text += WithoutPrefix(word, prefix);
    }
  }
  return text;
}

bool IsMetaStatus(std::string_view word) {
  for (const char* status : {"HD", "VA", "EN", "NF", "NS", "EX", "ME"}) {
    if (word == status) return true;
  }
  return false;
}

}  // namespace

ReplyText Normalize(std::string_view reply, std::string_view prefix) {
  ReplyText result;
  CasNames names;
  while (!reply.empty()) {
    if (const size_t newline = reply.find('\n');
        reply.starts_with("key=") && newline != std::string_view::npos) {
      result.text += DumpLine(reply.substr(0, newline + 1), prefix, &names);
      reply.remove_prefix(newline + 1);
      continue;
    }
    std::string_view rest = reply;
    const ReplyLine line = TakeReplyLine(&rest);
    if (!line.whole) break;
    std::string text = WithoutPrefix(line.text, prefix);
    const auto words = WordsOf(line.text);
    if (words.size() == 5 && words[0] == "VALUE") {
      // VALUE <key> <flags> <bytes> [<cas unique>]
      result.last_cas = words[4];
      text.resize(text.size() - words[4].size());
      text += names.NameOf(words[1], result.last_cas);
    } else if (IsMetaStatus(words[0])) {
      size_t next = 1;
      text = words[0];
      if (words[0] == "VA" && words.size() > 1) text += " " + std::string(words[next++]);
      for (; next < words.size(); next++) {
        text += " " + WithoutPrefix(MetaWord(words[next], &names, &result.last_cas), prefix);
      }
    } else if (words.size() >= 2 && words[0] == "VERSION") {
      text = "VERSION <text>";
    }
    result.text += text + "\r\n";
    result.text += line.block;
    reply = rest;
  }
  result.settled = result.text.size();
  result.text += reply;
  return result;
}

}  // namespace overtake::tests
