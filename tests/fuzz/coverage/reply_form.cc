#include "tests/fuzz/coverage/reply_form.h"

#include <algorithm>
#include <initializer_list>

#include "server/commands/command_table.h"
#include "tests/support/reply.h"

namespace overtake::tests {
namespace {

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool IsServerError(std::string_view line) { return line.starts_with("SERVER_ERROR "); }

// Items in the order in which they were asked for, and the end.
bool IsRetrievalReply(const Request& request, std::string_view reply) {
  KeyList keys = request.keys;
  while (!reply.empty()) {
    const ReplyLine line = TakeReplyLine(&reply);
    if (!line.whole) return false;
    if (line.text == "END") return request.last_part && reply.empty();
    if (IsServerError(line.text)) return reply.empty();
    const auto words = WordsOf(line.text);
    const bool with_cas = request.command == Command::kGets || request.command == Command::kGats;
    if (words.size() != (with_cas ? 5U : 4U) || words[0] != "VALUE" || !IsNumber(words[2])) {
      return false;
    }
    if (with_cas && !IsNumber(words[4])) return false;
    std::string_view key;
    do {
      if (!keys.Next(&key)) return false;
    } while (key != words[1]);
    if (!line.block.ends_with("\r\n")) return false;
  }
  // A part of a very long list of keys has no end of its own.
  return !request.last_part;
}

// What is written for people, and dumps, whose lines end in a bare "\n".
bool IsText(const Request& request, std::string_view reply) {
  return reply.empty() ? request.noreply : reply.ends_with('\n');
}

bool IsStatsReply(std::string_view reply) {
  for (;;) {
    const ReplyLine line = TakeReplyLine(&reply);
    if (!line.whole) return false;
    if (!line.text.starts_with("STAT ")) return reply.empty() && !line.text.empty();
  }
}

bool IsMetaReply(const Request& request, std::string_view reply) {
  if (reply.empty()) return request.meta.Has('q') || request.too_large;
  if (request.too_large) return false;
  const ReplyLine line = TakeReplyLine(&reply);
  if (!line.whole || line.text.empty() || !reply.empty()) return false;
  if (IsServerError(line.text) || line.text.starts_with("CLIENT_ERROR ")) return true;
  const std::string_view status = WordsOf(line.text)[0];
  if (status == "VA") return request.meta.Has('v') && line.block.ends_with("\r\n");
  if (request.command == Command::kMetaGet && status == "HD" && request.meta.Has('v')) {
    return false;
  }
  return IsOneOf(status, {"HD", "EN", "NS", "EX", "NF", "ME"});
}

bool IsLineReply(const Request& request, std::string_view reply) {
  if (reply.empty()) return request.noreply || request.too_large;
  if (request.noreply || request.too_large) return false;
  const size_t end = reply.find("\r\n");
  if (end == std::string_view::npos || end + 2 != reply.size()) return false;
  const std::string_view line = reply.substr(0, end);
  switch (request.command) {
    case Command::kDelete:
      return IsOneOf(line, {"DELETED", "NOT_FOUND"});
    case Command::kTouch:
      return IsOneOf(line, {"TOUCHED", "NOT_FOUND"});
    case Command::kIncr:
    case Command::kDecr:
      return IsNumber(line) || line == "NOT_FOUND" || line.starts_with("CLIENT_ERROR ") ||
             IsServerError(line);
    case Command::kCas:
      return IsOneOf(line, {"STORED", "EXISTS", "NOT_FOUND"}) || IsServerError(line);
    case Command::kInvalid:
      return line == request.text;
    case Command::kVersion:
      return line.starts_with("VERSION ");
    case Command::kMetaNoop:
      return line == "MN";
    case Command::kShutdown:
      return line == "SERVER_ERROR: shutdown not enabled";
    default:
      if (kCommandTable[request.command].group == CommandClass::kStorage) {
        return IsOneOf(line, {"STORED", "NOT_STORED"}) || IsServerError(line);
      }
      return line == "OK" || line.starts_with("ERROR") || line.starts_with("CLIENT_ERROR ");
  }
}

}  // namespace

bool IsReplyTo(const Request& request, std::string_view reply) {
  const CommandClass group = kCommandTable[request.command].group;
  if (group == CommandClass::kRetrieval) return IsRetrievalReply(request, reply);
  if (group == CommandClass::kMeta) return IsMetaReply(request, reply);
  if (request.command == Command::kStats && request.text.empty()) return IsStatsReply(reply);
  switch (request.command) {
    case Command::kStats:
    case Command::kSlabs:
    case Command::kLru:
    case Command::kLruCrawler:
    case Command::kCacheMemlimit:
    case Command::kRefreshCerts:
      return IsText(request, reply);
    default:
      break;
  }
  if (request.command == Command::kQuit) return reply.empty();
  return IsLineReply(request, reply);
}

}  // namespace overtake::tests
