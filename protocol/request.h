// A parsed request: views into the bytes that a connection received.
#pragma once

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
  kDelete,
  kIncr,
  kDecr,
  kTouch,
  kFlushAll,
  kVersion,
  kVerbosity,
  kStats,
  kShutdown,
  kMetaNoop,
  kInvalid,  // not a request that can be executed: `text` is the error line to reply with
  kQuit,     // the connection ends here, without a reply
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
  int32_t exptime = 0;     // as sent: 0, relative, absolute, or negative; flush_all: the delay
  uint64_t number = 0;     // incr, decr: the delta; cas: the CAS unique; verbosity: the level
  std::string_view key;    // the one key of all commands that are not retrievals
  std::string_view value;  // storage commands: the data block without its "\r\n"
  KeyList keys;            // retrieval commands; execution consumes it
  std::string_view text;   // kInvalid: the error, without "\r\n"; kStats, kShutdown: the arguments
};

inline bool IsRetrieval(Command command) { return command <= Command::kGats; }
inline bool IsStorage(Command command) {
  return command >= Command::kSet && command <= Command::kCas;
}

}  // namespace overtake
