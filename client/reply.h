#ifndef OVERTAKE_CLIENT_REPLY_H_
#define OVERTAKE_CLIENT_REPLY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// A namespace of its own: the server's layers have items, replies and connections too, and a test
// may link both.
namespace overtake::client {

// No server stores larger values; it also bounds what a hostile reply can make us allocate.
inline constexpr size_t kMaxValueBytes = size_t{1} << 30;

struct Item {
  std::string key;
  std::string value;
  uint32_t flags = 0;
  uint64_t cas = 0;  // The CAS unique; 0 unless it was asked for (gets, gats).
};

using Stats = std::vector<std::pair<std::string, std::string>>;  // In the server's order.

// What came of set, add, replace, append, prepend and cas.
enum class StoreResult {
  kStored,
  kNotStored,  // add, replace, append, prepend: their condition did not hold.
  kExists,     // cas: someone else stored the item since it was read.
  kNotFound,   // cas: no such item.
  kNoReply,    // noreply was asked for, so nobody knows.
};

// What came of delete and touch.
enum class KeyResult { kDone, kNotFound, kNoReply };

// Says which replies a command may get; anything else means that client and server are out of step.
enum class ReplyKind {
  kStore,         // set, add, replace, append, prepend, cas
  kDelete,        // delete
  kTouch,         // touch
  kCounter,       // incr, decr
  kItems,         // get, gat
  kItemsWithCas,  // gets, gats
  kStats,         // stats
  kOk,            // flush_all, verbosity
  kVersion,       // version
  kBarrier,       // A version request behind noreply commands, see Pipeline.
};

// The reply to one command. Call the As...() that belongs to the command that was sent; each
// returns `status` if that is an error.
struct Reply {
  // OK when the server answered in the affirmative or with a condition (NOT_STORED, END, ...).
  //   InvalidArgument    CLIENT_ERROR, or a key or value refused before it was sent
  //   Unimplemented      ERROR: the server does not know the command
  //   ResourceExhausted  SERVER_ERROR about memory or size
  //   Internal           any other SERVER_ERROR
  //   DeadlineExceeded   the reply did not come in time
  //   Unavailable        the connection was closed, or had become unusable before
  //   DataLoss           what came is no reply to this command
  absl::Status status;
  bool no_reply = false;  // The command was sent with noreply.
  std::string line;       // The last line of the reply, without CRLF.
  std::vector<Item> items;
  Stats stats;

  absl::StatusOr<StoreResult> AsStore() const;
  absl::StatusOr<KeyResult> AsKey() const;
  // nullopt: no such item, or noreply.
  absl::StatusOr<std::optional<uint64_t>> AsCounter() const;
  absl::StatusOr<std::string> AsVersion() const;
  absl::Status AsOk() const { return status; }
  // The hits, in the server's order.
  absl::StatusOr<std::vector<Item>> AsItems() &&;
  // nullopt: a miss.
  absl::StatusOr<std::optional<Item>> AsItem() &&;
  absl::StatusOr<Stats> AsStats() &&;
};

// True for the three ways in which a server refuses: ERROR, CLIENT_ERROR and SERVER_ERROR.
bool IsErrorLine(absl::string_view line);

// REQUIRES: IsErrorLine(line).
absl::Status ErrorLineToStatus(absl::string_view line);

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_REPLY_H_
