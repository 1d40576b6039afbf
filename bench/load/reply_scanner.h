#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {

// What a server said to one request.
struct Reply {
  enum class Kind {
    kValues,  // any number of VALUE blocks, then END; or one VA block, or EN (mg)
    kStored,  // STORED
    kError,   // ERROR, CLIENT_ERROR, SERVER_ERROR
    kOther,   // any other single line
  };
  Kind kind = Kind::kOther;
  uint32_t values = 0;       // VALUE or VA blocks
  uint64_t value_bytes = 0;  // the sum of their sizes
  std::string line;          // the last line, without its end, unless it is END or STORED
};

// Cuts a stream of replies of the text protocol into replies, without storing values. It
// checks their framing; what a reply should have held is for the caller to judge. One per
// connection, one thread.
//
// Kept apart from protocol/ on purpose: a generator that shares its parser with the server under
// test would share its errors, too.
class ReplyScanner {
 public:
  using OnReply = absl::FunctionRef<absl::Status(const Reply&)>;

  // Takes the next bytes of the stream and calls `on_reply` for each reply they complete, in
  // order. Returns the first error of `on_reply`, or an InvalidArgumentError for what is no
  // reply; the scanner is of no use after that.
  absl::Status Feed(absl::string_view bytes, OnReply on_reply);

 private:
  absl::Status TakeLine(absl::string_view line, OnReply on_reply);
  absl::Status TakeValueHeader(absl::string_view line);
  // VA <bytes>[ <flag>...]
  absl::Status TakeMetaValueHeader(absl::string_view line);
  absl::Status Complete(OnReply on_reply);
  absl::Status SkipValue(absl::string_view* bytes);

  std::string partial_line_;
  uint64_t value_left_ = 0;       // bytes to come of the value being skipped, its "\r\n" included
  bool ends_with_value_ = false;  // it is a VA block
  Reply reply_;
};

}  // namespace overtake::bench
