#include "protocol/command_line.h"

#include <cstdint>

#include "protocol/line_parts.h"
#include "protocol/number.h"

namespace overtake {
namespace {

constexpr std::string_view kBadExptime = "CLIENT_ERROR invalid exptime argument";
constexpr std::string_view kBadDelta = "CLIENT_ERROR invalid numeric delta argument";

void ReadNoreply(const Tokens& words, Request* request) {
  request->noreply = words.last() == "noreply";
}

// Behind a command's name and, for some, an exptime.
std::optional<size_t> ReadKeys(KeyList keys, Request* request) {
  if (!keys.AllKeysFit()) return Fail(kBadFormat, request);
  request->keys = keys;
  return std::nullopt;
}

// Words behind those that are wanted are ignored.
std::optional<size_t> ReadItem(const Tokens& words, bool with_cas, Request* request) {
  const std::optional<size_t> length = ParseLength(words[4]);
  // Nobody knows where the block ends, it is read as commands: no noreply silences that.
  if (!length.has_value()) return Fail(kBadFormat, request);
  ReadNoreply(words, request);
  if (!FitsKey(words[1]) || !ParseLenientUint32(words[2], &request->flags) ||
      !ParseLenientInt64(words[3], &request->exptime) ||
      (with_cas && !ParseUint64(words[5], &request->number))) {
    Fail(kBadFormat, request);
  } else {
    request->key = words[1];
  }
  return length;
}

// False if the key is too long.
bool ReadKeyNoreply(const Tokens& words, Request* request) {
  ReadNoreply(words, request);
  if (!FitsKey(words[1])) {
    Fail(kBadFormat, request);
    return false;
  }
  request->key = words[1];
  return true;
}

std::optional<size_t> ReadNumberNoreply(const Tokens& words, std::string_view error,
                                        Request* request) {
  ReadNoreply(words, request);
  uint32_t number = 0;
  if (!ParseUint32(words[1], &number)) return Fail(error, request);
  request->number = number;
  return std::nullopt;
}

std::optional<size_t> ParseUnknown(std::string_view line, Request* request) {
  const Tokens words = Split(line);
  ReadNoreply(words, request);
  Fail(kError, request);
  // A browser, or a page that makes one talk to us: the rest must not be taken for commands.
  if (words.count > 1 && words.last().starts_with("HTTP/")) {
    request->command = Command::kQuit;
    request->text = "it speaks HTTP";
  }
  return std::nullopt;
}

}  // namespace

std::optional<size_t> ParseCommandLine(const CommandTable& commands, std::string_view line,
                                       Request* request) {
  *request = Request{};
  // A name is short: to look at each byte of it is quicker than memchr.
  size_t begin = 0;
  while (begin < line.size() && line[begin] == ' ') ++begin;
  size_t end = begin;
  while (end < line.size() && line[end] != ' ') ++end;
  const std::string_view name = line.substr(begin, end - begin);
  if (name.empty()) return Fail(kError, request);
  const CommandSyntax* const command = commands.Find(name);
  if (command == nullptr) return ParseUnknown(line, request);
  request->command = command->command;
  const std::string_view arguments = line.substr(end);
  if (command->group == CommandClass::kRetrieval) {
    static constexpr Tokens kUnsplit;
    return command->parse(kUnsplit, arguments, request);
  }
  const Tokens words = Split(line);
  if (words.count < command->least_words) return Fail(kBadFormat, request);
  return command->parse(words, arguments, request);
}

void ParseKeys(Command command, std::string_view keys, Request* request) {
  *request = Request{};
  request->command = command;
  ReadKeys(KeyList(keys), request);
}

std::optional<size_t> ParseName(const Tokens& /*words*/, std::string_view /*arguments*/,
                                Request* /*request*/) {
  return std::nullopt;
}

std::optional<size_t> ParseText(const Tokens& /*words*/, std::string_view arguments,
                                Request* request) {
  request->text = arguments;
  return std::nullopt;
}

std::optional<size_t> ParseTextNoreply(const Tokens& words, std::string_view arguments,
                                       Request* request) {
  request->text = arguments;
  ReadNoreply(words, request);
  return std::nullopt;
}

std::optional<size_t> ParseGet(const Tokens& /*words*/, std::string_view arguments,
                               Request* request) {
  KeyList keys(arguments);
  return keys.Empty() ? Fail(kBadFormat, request) : ReadKeys(keys, request);
}

std::optional<size_t> ParseGat(const Tokens& /*words*/, std::string_view arguments,
                               Request* request) {
  KeyList keys(arguments);
  std::string_view exptime;
  if (!keys.Next(&exptime) || keys.Empty()) return Fail(kBadFormat, request);
  if (!ParseExptime(exptime, &request->exptime)) return Fail(kBadExptime, request);
  return ReadKeys(keys, request);
}

std::optional<size_t> ParseSet(const Tokens& words, std::string_view /*arguments*/,
                               Request* request) {
  return ReadItem(words, /*with_cas=*/false, request);
}

std::optional<size_t> ParseCas(const Tokens& words, std::string_view /*arguments*/,
                               Request* request) {
  return ReadItem(words, /*with_cas=*/true, request);
}

std::optional<size_t> ParseDelete(const Tokens& words, std::string_view /*arguments*/,
                                  Request* request) {
  ReadKeyNoreply(words, request);
  // Of `delete noreply` that is the key: its client waits for an answer.
  if (words.count == 2) request->noreply = false;
  return std::nullopt;
}

std::optional<size_t> ParseIncr(const Tokens& words, std::string_view /*arguments*/,
                                Request* request) {
  if (!ReadKeyNoreply(words, request)) return std::nullopt;
  if (!ParseUint64(words[2], &request->number)) return Fail(kBadDelta, request);
  return std::nullopt;
}

std::optional<size_t> ParseTouch(const Tokens& words, std::string_view /*arguments*/,
                                 Request* request) {
  if (!ReadKeyNoreply(words, request)) return std::nullopt;
  if (!ParseExptime(words[2], &request->exptime)) return Fail(kBadExptime, request);
  return std::nullopt;
}

std::optional<size_t> ParseFlushAll(const Tokens& words, std::string_view /*arguments*/,
                                    Request* request) {
  ReadNoreply(words, request);
  if (words.count == (request->noreply ? 2U : 1U)) return std::nullopt;
  if (!ParseExptime(words[1], &request->exptime)) return Fail(kBadExptime, request);
  return std::nullopt;
}

std::optional<size_t> ParseVerbosity(const Tokens& words, std::string_view /*arguments*/,
                                     Request* request) {
  return ReadNumberNoreply(words, kBadFormat, request);
}

std::optional<size_t> ParseCacheMemlimit(const Tokens& words, std::string_view /*arguments*/,
                                         Request* request) {
  return ReadNumberNoreply(words, kError, request);
}

std::optional<size_t> ParseShutdown(const Tokens& words, std::string_view arguments,
                                    Request* request) {
  ReadNoreply(words, request);
  if (words.count > 1) request->text = words.count == 2 ? words[1] : arguments;
  return std::nullopt;
}

}  // namespace overtake
