#ifndef OVERTAKE_CLIENT_PIPELINE_H_
#define OVERTAKE_CLIENT_PIPELINE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/reply.h"

namespace overtake::client {

struct StoreOptions {
  uint32_t flags = 0;
  // Seconds from now, up to 30 days; beyond that a Unix time; 0: never; negative: at once. 32 bits,
  // because memcached refuses longer numbers without skipping the value behind them.
  int32_t exptime = 0;
  bool noreply = false;
};

// OK for 1 to 250 bytes without whitespace or control characters, else InvalidArgument.
absl::Status CheckKey(absl::string_view key);

// A batch of commands that Client::Execute() sends together and answers together. It only holds
// bytes: nothing is sent before, and it can be executed any number of times.
//
// A command that the server could misread (a bad key, an oversized value) is never sent; its entry
// in the result of Execute() says InvalidArgument.
//
// A server may answer a noreply command after all, with an error line that would then be taken for
// the reply to the next command. So between a run of noreply commands and the next command that has
// a reply goes a `version` request, the barrier: error lines before its reply belong to the run.
class Pipeline {
 public:
  static constexpr absl::string_view kBarrierRequest = "version\r\n";

  void Get(absl::string_view key);
  void Gets(absl::string_view key);
  void Gat(int32_t exptime, absl::string_view key);
  void Gats(int32_t exptime, absl::string_view key);
  void MultiGet(absl::Span<const std::string> keys);
  void MultiGets(absl::Span<const std::string> keys);
  // memcached closes the connection on a gat or gats line of more than 2,048 bytes.
  void MultiGat(int32_t exptime, absl::Span<const std::string> keys);
  void MultiGats(int32_t exptime, absl::Span<const std::string> keys);

  void Set(absl::string_view key, absl::string_view value, const StoreOptions& options = {});
  void Add(absl::string_view key, absl::string_view value, const StoreOptions& options = {});
  void Replace(absl::string_view key, absl::string_view value, const StoreOptions& options = {});
  void Append(absl::string_view key, absl::string_view value, const StoreOptions& options = {});
  void Prepend(absl::string_view key, absl::string_view value, const StoreOptions& options = {});
  void Cas(absl::string_view key, absl::string_view value, uint64_t cas,
           const StoreOptions& options = {});

  void Delete(absl::string_view key, bool noreply = false);
  void Incr(absl::string_view key, uint64_t delta, bool noreply = false);
  void Decr(absl::string_view key, uint64_t delta, bool noreply = false);
  void Touch(absl::string_view key, int32_t exptime, bool noreply = false);

  void FlushAll(int32_t delay_seconds = 0, bool noreply = false);
  void Verbosity(uint32_t level, bool noreply = false);
  void Version();
  void Stats(absl::string_view arguments = "");

  // The number of commands queued so far, and of entries in the result of Execute().
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void Clear();

 private:
  friend class Client;

  struct Command {
    ReplyKind kind;
    bool noreply = false;
    absl::Status refused = absl::OkStatus();  // Not OK: was never put among the requests.
    size_t keys_begin = 0;                    // Where the keys of a retrieval are in requests_.
    size_t keys_bytes = 0;
    size_t noreply_run = 0;  // kBarrier: how many noreply commands it settles.
  };

  void Retrieve(absl::string_view verb, ReplyKind kind, absl::Span<const absl::string_view> keys);
  void Retrieve(absl::string_view verb, ReplyKind kind, absl::Span<const std::string> keys);
  // `suffix` goes between the value's length and noreply.
  void Store(absl::string_view verb, absl::string_view key, absl::string_view value,
             absl::string_view suffix, const StoreOptions& options);
  void KeyCommand(ReplyKind kind, absl::string_view verb, absl::string_view key,
                  absl::string_view argument, bool noreply);
  void Refuse(ReplyKind kind, absl::Status why);
  // Queues `line` (without CRLF) and, behind it, `value` (with CRLF) if it is not null.
  Command& Queue(ReplyKind kind, bool noreply, absl::string_view line,
                 const absl::string_view* value = nullptr);

  std::string requests_;
  std::vector<Command> commands_;  // In order, barriers included.
  size_t size_ = 0;                // commands_ without the barriers.
  size_t noreply_run_ = 0;         // Noreply commands at the end that no barrier settles yet.
};

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_PIPELINE_H_
