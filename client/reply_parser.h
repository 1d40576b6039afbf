#ifndef OVERTAKE_CLIENT_REPLY_PARSER_H_
#define OVERTAKE_CLIENT_REPLY_PARSER_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/reply.h"

namespace overtake::client {

// Recognises the keys of one retrieval. A reply that names a key nobody asked for belongs to
// another request, and handing its value to the caller would be worse than any error.
class RequestedKeys {
 public:
  // `keys` are separated by single spaces, as they were sent, and must outlive this.
  explicit RequestedKeys(absl::string_view keys) : keys_(keys), ahead_(keys) {}

  bool Contains(absl::string_view key);

 private:
  absl::string_view keys_;
  // Servers answer in the order of the request, so the key is nearly always the next one. The set
  // is only filled for a server that does not.
  absl::string_view ahead_;
  absl::flat_hash_set<absl::string_view> all_;
};

// Turns the bytes of one reply into a Reply, however they are cut, in time linear in their number.
// Trusts nothing: every line, value, list of items and list of statistics is bounded.
class ReplyParser {
 public:
  static constexpr size_t kMaxLineBytes = 8192;
  static constexpr size_t kMaxStatsBytes = size_t{16} << 20;

  // `keys`: those of a retrieval, separated by single spaces; must outlive the parser.
  // `max_value_bytes`: a longer value is an error.
  ReplyParser(ReplyKind kind, absl::string_view keys, size_t max_value_bytes);

  // kBarrier: so many more error lines may precede the reply.
  void AllowErrors(size_t count) { errors_left_ += count; }

  // Removes from the front of `*input` what belongs to this reply. Returns true when the reply is
  // complete, false when all of the input is used up and more is needed. An error (DataLoss) means
  // that these bytes cannot be this reply: the parser and the connection are of no further use.
  absl::StatusOr<bool> Consume(absl::string_view* input);

  // REQUIRES: Consume() returned true.
  Reply TakeReply() { return std::move(reply_); }

  // Error lines seen in front of a kBarrier's reply: those of the noreply commands before it.
  size_t errors() const { return errors_; }

 private:
  // Take what they can from `*input`; true when the line or the value is complete.
  absl::StatusOr<bool> ConsumeLine(absl::string_view* input, absl::string_view* line);
  absl::StatusOr<bool> ConsumeValue(absl::string_view* input);

  // True when `line` ends the reply.
  absl::StatusOr<bool> HandleLine(absl::string_view line);
  absl::StatusOr<bool> HandleItemLine(absl::string_view line);
  absl::StatusOr<bool> HandleStatLine(absl::string_view line);
  absl::StatusOr<bool> HandleBarrierLine(absl::string_view line);

  ReplyKind kind_;
  size_t max_value_bytes_;
  RequestedKeys keys_;
  size_t items_left_;  // How many more items the request can have asked for.

  std::string partial_line_;
  bool in_value_ = false;     // The next bytes are the value of reply_.items.back() and its CRLF.
  size_t value_bytes_ = 0;    // Its announced length.
  size_t trailer_bytes_ = 0;  // How much of its CRLF has been seen.
  size_t stats_bytes_ = 0;
  size_t errors_ = 0;
  size_t errors_left_ = 0;
  Reply reply_;
};

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_REPLY_PARSER_H_
