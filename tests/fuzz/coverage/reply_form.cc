#include "tests/fuzz/coverage/reply_form.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <vector>

#include "server/commands/command_table.h"

namespace overtake::tests {
namespace {

// Takes parts off the front of a reply.
class Reader {
 public:
  explicit Reader(std::string_view reply) : rest_(reply) {}

  bool done() const { return rest_.empty(); }

  // Nothing if there is no whole line.
  std::optional<std::string_view> Line() {
    const size_t end = rest_.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return line;
  }

  bool Block(std::string_view length) {
    size_t bytes = 0;
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
    if (error != std::errc() || end != length.data() + length.size()) return false;
    if (rest_.size() < bytes + 2 || rest_.substr(bytes, 2) != "\r\n") return false;
    rest_.remove_prefix(bytes + 2);
    return true;
  }

 private:
  std::string_view rest_;
};

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  KeyList list(line);
  std::string_view word;
  while (list.Next(&word)) words.push_back(word);
  return words;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool IsServerError(std::string_view line) { return line.starts_with("SERVER_ERROR "); }

// Items in the order in which they were asked for, and the end.
bool IsRetrievalReply(const Request& request, Reader* reply) {
  KeyList keys = request.keys;
  for (;;) {
    const auto line = reply->Line();
    // A part of a very long list of keys has no end of its own.
    if (!line.has_value()) return !request.last_part && reply->done();
    if (*line == "END") return request.last_part && reply->done();
    if (IsServerError(*line)) return reply->done();
    const auto words = Words(*line);
    const bool with_cas = request.command == Command::kGets || request.command == Command::kGats;
    if (words.size() != (with_cas ? 5U : 4U) || words[0] != "VALUE" || !IsNumber(words[2])) {
      return false;
    }
    if (with_cas && !IsNumber(words[4])) return false;
    std::string_view key;
    do {
      if (!keys.Next(&key)) return false;
    } while (key != words[1]);
    if (!reply->Block(words[3])) return false;
  }
}

// What is written for people, and dumps, whose lines end in a bare "\n".
bool IsText(const Request& request, std::string_view reply) {
  return reply.empty() ? request.noreply : reply.ends_with('\n');
}

bool IsStatsReply(Reader* reply) {
  for (;;) {
    const auto line = reply->Line();
    if (!line.has_value()) return false;
    if (!line->starts_with("STAT ")) return reply->done() && !line->empty();
    if (Words(*line).size() < 2) return false;
  }
}

bool IsMetaReply(const Request& request, Reader* reply) {
  if (reply->done()) return request.meta.Has('q') || request.too_large;
  if (request.too_large) return false;
  const auto line = reply->Line();
  if (!line.has_value() || line->empty()) return false;
  if (IsServerError(*line) || line->starts_with("CLIENT_ERROR ")) return reply->done();
  const auto words = Words(*line);
  if (words[0] == "VA") {
    if (!request.meta.Has('v') || words.size() < 2 || !reply->Block(words[1])) return false;
    return reply->done();
  }
  if (request.command == Command::kMetaGet && words[0] == "HD" && request.meta.Has('v')) {
    return false;
  }
  return reply->done() && IsOneOf(words[0], {"HD", "EN", "NS", "EX", "NF", "ME"});
}

bool IsLineReply(const Request& request, Reader* reply) {
  if (reply->done()) return request.noreply || request.too_large;
  if (request.noreply || request.too_large) return false;
  const auto line = reply->Line();
  if (!line.has_value() || !reply->done()) return false;
  switch (request.command) {
    case Command::kDelete:
      return IsOneOf(*line, {"DELETED", "NOT_FOUND"});
    case Command::kTouch:
      return IsOneOf(*line, {"TOUCHED", "NOT_FOUND"});
    case Command::kIncr:
    case Command::kDecr:
      return IsNumber(*line) || *line == "NOT_FOUND" || line->starts_with("CLIENT_ERROR ") ||
             IsServerError(*line);
    case Command::kCas:
      return IsOneOf(*line, {"STORED", "EXISTS", "NOT_FOUND"}) || IsServerError(*line);
    case Command::kInvalid:
      return *line == request.text;
    case Command::kVersion:
      return line->starts_with("VERSION ");
    case Command::kMetaNoop:
      return *line == "MN";
    default:
      if (kCommandTable[request.command].group == CommandClass::kStorage) {
        return IsOneOf(*line, {"STORED", "NOT_STORED"}) || IsServerError(*line);
      }
      return *line == "OK" || line->starts_with("ERROR") || line->starts_with("CLIENT_ERROR ");
  }
}

}  // namespace

bool IsReplyTo(const Request& request, std::string_view text) {
  Reader reply(text);
  const CommandClass group = kCommandTable[request.command].group;
  if (group == CommandClass::kRetrieval) return IsRetrievalReply(request, &reply);
  if (group == CommandClass::kMeta) return IsMetaReply(request, &reply);
  if (request.command == Command::kStats && request.text.empty()) return IsStatsReply(&reply);
  switch (request.command) {
    case Command::kStats:
    case Command::kSlabs:
    case Command::kLru:
    case Command::kLruCrawler:
    case Command::kCacheMemlimit:
    case Command::kRefreshCerts:
      return IsText(request, text);
    default:
      break;
  }
  if (request.command == Command::kQuit) return reply.done();
  return IsLineReply(request, &reply);
}

}  // namespace overtake::tests
