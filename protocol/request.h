// A parsed request: views into the bytes that a connection received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/key_list.h"

namespace overtake {

enum class Command : uint8_t {
  kGet,
  kGets,
  kGat,
  kGats,
  kSet,
  kAdd,
  kReplace,
  kAppend,
  kPrepend,
  kCas,
  kMetaSet,
  kDelete,
  kIncr,
  kDecr,
  kTouch,
  kFlushAll,
  kVersion,
  kVerbosity,
  kStats,
  kShutdown,
  kCacheMemlimit,
  kSlabs,
  kLru,
  kLruCrawler,
  kWatch,
  kMetaGet,
  kMetaDelete,
  kMetaArithmetic,
  kMetaDebug,
  kMetaNoop,
  kDebugTime,
  kDebug,
  kRefreshCerts,
  kAuthenticate,  // the parser has checked who the client is; `number` 1: accepted, 0: not
  kInvalid,       // not a request that can be executed: `text` is the error line to reply with
  kQuit,          // the connection ends here, without a reply; `text`, if any, is worth logging
};
inline constexpr size_t kCommands = static_cast<size_t>(Command::kQuit) + 1;

// What the flags of a meta command say, but for T, F and C, which other commands have too.
struct MetaFlags {
  // The flags that were there, a bit for each letter.
  bool Has(char letter) const { return (given >> (letter - 'A') & 1) != 0; }
  void Set(char letter) { given |= uint64_t{1} << (letter - 'A'); }

  uint64_t given = 0;
  char mode = '\0';            // M: one of EAPRS (ms), of I+D- (ma)
  uint8_t key_bytes = 0;       // the key's length, decoded
  int64_t vivify_exptime = 0;  // N, R: as Request::exptime
  int64_t recache_exptime = 0;
  uint64_t new_cas = 0;  // E
  uint64_t delta = 1;    // D
  uint64_t initial = 0;  // J
};

// Valid as long as the bytes it was parsed from stay where they are. No member is owned.
struct Request {
  Command command = Command::kInvalid;
  bool noreply = false;

  // A storage command whose item is larger than the limit: it stores nothing and has no reply, but
  // an older value of `key` must not survive a `set`. The parser discards the value as it arrives;
  // then a kInvalid with the error follows, unless noreply was given.
  bool too_large = false;

  // A retrieval command may come in parts when its line is very long: only the last one ends the
  // reply with "END".
  bool last_part = true;

  uint32_t flags = 0;
  int64_t exptime = 0;  // as sent: 0, relative, absolute, or negative; flush_all: the delay
  // incr, decr: the delta; cas, C: the CAS unique; verbosity: the level; cache_memlimit: megabytes.
  uint64_t number = 0;
  std::string_view key;    // of all commands that are not retrievals; with the flag b in base64
  std::string_view value;  // storage commands: the data block without its "\r\n"
  KeyList keys;            // retrieval commands
  // kInvalid, kAuthenticate: the reply, without "\r\n"; kQuit: why; meta commands: the flags as
  // they came; kStats, kShutdown, kSlabs, kLru, kLruCrawler, kWatch, kDebugTime,
  // kDebug: the arguments.
  std::string_view text;
  MetaFlags meta;  // meta commands
  // As it came, without its end; for logs. Empty where it is not there any more, or is a login's.
  std::string_view line;
};

}  // namespace overtake
