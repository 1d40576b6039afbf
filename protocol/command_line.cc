#include "protocol/command_line.h"

#include <cstring>
#include <limits>

#include "protocol/line_parts.h"
#include "protocol/meta_command.h"
#include "protocol/number.h"

namespace overtake {
namespace {

constexpr std::string_view kBadExptime = "CLIENT_ERROR invalid exptime argument";
constexpr std::string_view kBadDelta = "CLIENT_ERROR invalid numeric delta argument";
constexpr std::string_view kBadDelete =
    "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]";

void ParseRetrieval(Command command, std::string_view arguments, Request* request) {
  request->command = command;
  KeyList keys(arguments);
  if (keys.Empty()) return Fail(kError, request);
  if (command == Command::kGat || command == Command::kGats) {
    std::string_view exptime;
    keys.Next(&exptime);
    if (!ParseInt64(exptime, &request->exptime)) return Fail(kBadExptime, request);
  }
  if (!keys.AllKeysFit()) return Fail(kBadFormat, request);
  request->keys = keys;
}

void ParseDelete(const Tokens& tokens, Request* request) {
  request->command = Command::kDelete;
  if (tokens.count < 2 || tokens.count > 4) return Fail(kError, request);
  if (tokens.count > 2) {
    // "0" was once a delay; old clients still send it.
    const bool zero = tokens[2] == "0";
    request->noreply = tokens.last() == "noreply";
    const bool valid = tokens.count == 3 ? zero || request->noreply : zero && request->noreply;
    if (!valid) return Fail(kBadDelete, request);
  }
  if (!FitsKey(tokens[1])) return Fail(kBadFormat, request);
  request->key = tokens[1];
}

// incr, decr, touch: a key and a number.
void ParseKeyAndNumber(Command command, const Tokens& tokens, Request* request) {
  request->command = command;
  if (tokens.count != 3 && tokens.count != 4) return Fail(kError, request);
  request->noreply = tokens.last() == "noreply";
  if (!FitsKey(tokens[1])) return Fail(kBadFormat, request);
  request->key = tokens[1];
  if (command == Command::kTouch) {
    if (!ParseInt64(tokens[2], &request->exptime)) return Fail(kBadExptime, request);
  } else if (!ParseUint64(tokens[2], &request->number)) {
    return Fail(kBadDelta, request);
  }
}

void ParseFlushAll(const Tokens& tokens, Request* request) {
  request->command = Command::kFlushAll;
  if (tokens.count > 3) return Fail(kError, request);
  request->noreply = tokens.last() == "noreply";
  if (tokens.count == (request->noreply ? 2U : 1U)) return;
  if (!ParseInt64(tokens[1], &request->exptime)) return Fail(kBadExptime, request);
}

void ParseVerbosity(const Tokens& tokens, Request* request) {
  request->command = Command::kVerbosity;
  if (tokens.count < 2 || tokens.count > 3) return Fail(kError, request);
  request->noreply = tokens.last() == "noreply";
  uint32_t level = 0;
  if (!ParseUint32Truncated(tokens[1], &level)) return Fail(kBadFormat, request);
  request->number = level;
}

void ParseCacheMemlimit(const Tokens& tokens, Request* request) {
  request->command = Command::kCacheMemlimit;
  if (tokens.count < 2 || tokens.count > 3) return Fail(kError, request);
  request->noreply = tokens.last() == "noreply";
  uint32_t megabytes = 0;
  if (!ParseUint32Truncated(tokens[1], &megabytes)) return Fail(kError, request);
  request->number = megabytes;
}

// slabs, lru and watch: what else they say is for who executes them. Where memcached looks for
// noreply differs.
void ParseTuning(Command command, const Tokens& tokens, std::string_view arguments,
                 Request* request) {
  request->command = command;
  request->text = arguments;
  if (command == Command::kLru && tokens.count < 2) return Fail(kError, request);
  if (command == Command::kSlabs && (tokens.count < 3 || tokens[1] != "automove")) return;
  request->noreply = tokens.last() == "noreply";
}

struct Name {
  std::string_view text;
  Command command;
};

constexpr Name kNames[] = {
    {"get", Command::kGet},
    {"gets", Command::kGets},
    {"set", Command::kSet},
    {"add", Command::kAdd},
    {"cas", Command::kCas},
    {"delete", Command::kDelete},
    {"incr", Command::kIncr},
    {"decr", Command::kDecr},
    {"gat", Command::kGat},
    {"gats", Command::kGats},
    {"touch", Command::kTouch},
    {"append", Command::kAppend},
    {"prepend", Command::kPrepend},
    {"replace", Command::kReplace},
    {"mg", Command::kMetaGet},
    {"ms", Command::kMetaSet},
    {"md", Command::kMetaDelete},
    {"ma", Command::kMetaArithmetic},
    {"me", Command::kMetaDebug},
    {"mn", Command::kMetaNoop},
    {"version", Command::kVersion},
    {"stats", Command::kStats},
    {"flush_all", Command::kFlushAll},
    {"verbosity", Command::kVerbosity},
    {"quit", Command::kQuit},
    {"shutdown", Command::kShutdown},
    {"cache_memlimit", Command::kCacheMemlimit},
    {"slabs", Command::kSlabs},
    {"lru", Command::kLru},
    {"lru_crawler", Command::kLruCrawler},
    {"watch", Command::kWatch},
    {"bget", Command::kGet},
    {"debugtime", Command::kDebugTime},
    {"debug", Command::kDebug},
    {"refresh_certs", Command::kRefreshCerts},
};

Command FindCommand(std::string_view name) {
  for (const Name& candidate : kNames) {
    if (candidate.text == name) return candidate.command;
  }
  return Command::kInvalid;
}

// memcached looks for HTTP only where none of its own commands has the same first letter.
bool MayBeHttp(std::string_view name) {
  constexpr std::string_view kOwnLetters = "gsacidt";
  if (name.size() == 2 && name[0] == 'm') return false;
  return kOwnLetters.find(name[0]) == std::string_view::npos;
}

// The storage commands but ms. Words behind those that are wanted are ignored.
std::optional<size_t> ParseStorage(Command command, const Tokens& tokens, Request* request) {
  if (tokens.count < 5) {
    Fail(kError, request);
    return std::nullopt;
  }
  const std::optional<size_t> length = ParseLength(tokens[4]);
  if (!length.has_value()) {
    // Nobody knows where the block ends, it is read as commands: no noreply silences that.
    Fail(kBadFormat, request);
    return std::nullopt;
  }
  request->noreply = tokens.last() == "noreply";
  if (!FitsKey(tokens[1]) || !ParseUint32Truncated(tokens[2], &request->flags) ||
      !ParseInt64(tokens[3], &request->exptime) ||
      (command == Command::kCas && !ParseUint64(tokens[5], &request->number))) {
    Fail(kBadFormat, request);
  } else {
    request->key = tokens[1];
  }
  return length;
}

}  // namespace

std::string_view NameOf(Command command) {
  for (const Name& candidate : kNames) {
    if (candidate.command == command) return candidate.text;
  }
  return "error";
}

std::optional<size_t> ParseCommandLine(std::string_view line, Request* request) {
  *request = Request{};
  KeyList rest(line);
  std::string_view name;
  if (!rest.Next(&name) || name.size() < 2) {
    Fail(kError, request);
    return std::nullopt;
  }
  const Command command = FindCommand(name);
  const std::string_view arguments = line.substr(static_cast<size_t>(name.end() - line.begin()));
  if (IsRetrieval(command)) {
    ParseRetrieval(command, arguments, request);
    return std::nullopt;
  }
  const Tokens tokens = Split(line);
  request->command = command;
  if (IsMeta(command)) return ParseMetaCommand(tokens, arguments, request);
  if (IsStorage(command)) return ParseStorage(command, tokens, request);
  switch (command) {
    case Command::kDelete:
      ParseDelete(tokens, request);
      break;
    case Command::kIncr:
    case Command::kDecr:
    case Command::kTouch:
      ParseKeyAndNumber(command, tokens, request);
      break;
    case Command::kFlushAll:
      ParseFlushAll(tokens, request);
      break;
    case Command::kVerbosity:
      ParseVerbosity(tokens, request);
      break;
    case Command::kCacheMemlimit:
      ParseCacheMemlimit(tokens, request);
      break;
    case Command::kSlabs:
    case Command::kLru:
    case Command::kWatch:
      ParseTuning(command, tokens, arguments, request);
      break;
    case Command::kStats:
    case Command::kLruCrawler:
    case Command::kDebugTime:
    case Command::kDebug:
      request->text = arguments;
      break;
    case Command::kShutdown:
      if (tokens.count > 1) request->text = tokens.count == 2 ? tokens[1] : arguments;
      break;
    case Command::kRefreshCerts:
      request->noreply = tokens.last() == "noreply";
      break;
    case Command::kInvalid:
      Fail(kError, request);
      // A browser, or a page that makes one talk to us: the rest must not be taken for commands.
      if (MayBeHttp(name) && tokens.last().starts_with("HTTP/")) {
        request->command = Command::kQuit;
        request->text = "it speaks HTTP";
      }
      break;
    default:
      break;
  }
  return std::nullopt;
}

void ParseKeys(Command command, std::string_view keys, Request* request) {
  *request = Request{};
  request->command = command;
  request->keys = KeyList(keys);
  if (!request->keys.AllKeysFit()) Fail(kBadFormat, request);
}

}  // namespace overtake
