#ifndef OVERTAKE_CLIENT_CLIENT_H_
#define OVERTAKE_CLIENT_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/connection.h"
#include "client/pipeline.h"
#include "client/reply.h"
#include "client/reply_parser.h"

namespace overtake::client {

struct ClientOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  // For one call as a whole: all of its sending and receiving. Raise it for huge pipelines.
  absl::Duration io_timeout = absl::Seconds(5);
  // A reply with a longer value is treated as damaged.
  size_t max_value_bytes = kMaxValueBytes;
  TlsOptions tls = {};
};

// A connection to a server that speaks memcached's text protocol, one method per command. Calls
// block, each for at most io_timeout. For one thread at a time.
//
// After a timeout, a closed connection or a reply that makes no sense, the client cannot know which
// bytes belong to which request: it is broken, and every later call fails with Unavailable at once.
// Connect again. Errors are those of Reply::status.
class Client {
 public:
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const std::string& host, int port,
                                                         const ClientOptions& options = {});

  // Sends everything and returns one reply for each queued command, in their order. Those that had
  // arrived before a failure are good; the others' status says what failed.
  std::vector<Reply> Execute(const Pipeline& pipeline);

  // False once broken, and after Quit().
  bool usable() const { return broken_.ok(); }

  // How many error lines the server has sent for noreply commands, as far as they have been read.
  uint64_t noreply_errors() const { return noreply_errors_; }

  // nullopt: a miss. Gats and Gets fetch the CAS unique too; Gat and Gats set a new exptime.
  absl::StatusOr<std::optional<Item>> Get(absl::string_view key);
  absl::StatusOr<std::optional<Item>> Gets(absl::string_view key);
  absl::StatusOr<std::optional<Item>> Gat(int32_t exptime, absl::string_view key);
  absl::StatusOr<std::optional<Item>> Gats(int32_t exptime, absl::string_view key);

  // The hits, in the server's order. Any number of keys, also none.
  absl::StatusOr<std::vector<Item>> MultiGet(absl::Span<const std::string> keys);
  absl::StatusOr<std::vector<Item>> MultiGets(absl::Span<const std::string> keys);
  absl::StatusOr<std::vector<Item>> MultiGat(int32_t exptime, absl::Span<const std::string> keys);
  absl::StatusOr<std::vector<Item>> MultiGats(int32_t exptime, absl::Span<const std::string> keys);

  absl::StatusOr<StoreResult> Set(absl::string_view key, absl::string_view value,
                                  const StoreOptions& options = {});
  absl::StatusOr<StoreResult> Add(absl::string_view key, absl::string_view value,
                                  const StoreOptions& options = {});
  absl::StatusOr<StoreResult> Replace(absl::string_view key, absl::string_view value,
                                      const StoreOptions& options = {});
  absl::StatusOr<StoreResult> Append(absl::string_view key, absl::string_view value,
                                     const StoreOptions& options = {});
  absl::StatusOr<StoreResult> Prepend(absl::string_view key, absl::string_view value,
                                      const StoreOptions& options = {});
  absl::StatusOr<StoreResult> Cas(absl::string_view key, absl::string_view value, uint64_t cas,
                                  const StoreOptions& options = {});

  absl::StatusOr<KeyResult> Delete(absl::string_view key, bool noreply = false);
  absl::StatusOr<KeyResult> Touch(absl::string_view key, int32_t exptime, bool noreply = false);
  // The new value. nullopt: no such item, or noreply. InvalidArgument: the item is no number.
  absl::StatusOr<std::optional<uint64_t>> Incr(absl::string_view key, uint64_t delta,
                                               bool noreply = false);
  absl::StatusOr<std::optional<uint64_t>> Decr(absl::string_view key, uint64_t delta,
                                               bool noreply = false);

  absl::Status FlushAll(int32_t delay_seconds = 0, bool noreply = false);
  absl::Status Verbosity(uint32_t level, bool noreply = false);
  absl::StatusOr<std::string> Version();
  absl::StatusOr<overtake::client::Stats> Stats(absl::string_view arguments = "");

  // Tells the server to close the connection, and waits until it has.
  absl::Status Quit();

 private:
  Client(std::unique_ptr<Connection> connection, const ClientOptions& options);

  // Executes a pipeline of one command.
  Reply ExecuteOne(const Pipeline& pipeline);
  absl::StatusOr<std::vector<Item>> GatInParts(int32_t exptime, bool with_cas,
                                               absl::Span<const std::string> keys);

  // Sends `pipeline` and reads into `awaited` all replies that come.
  struct Awaited;
  absl::Status SendAndReceive(const Pipeline& pipeline, std::vector<Awaited>* awaited);

  const ClientOptions options_;
  std::unique_ptr<Connection> connection_;
  absl::Status broken_;  // Why the connection is of no use any more; OK while it is.
  uint64_t noreply_errors_ = 0;
  // Set while noreply commands have been sent that no barrier has settled: counts their error
  // lines, and will read the barrier's reply once it is sent, in front of the next command with a
  // reply.
  std::optional<ReplyParser> barrier_;
};

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_CLIENT_H_
