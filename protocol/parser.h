// From bytes to requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/command_table.h"
#include "protocol/login_parser.h"
#include "protocol/request.h"

namespace overtake {

// Size that memcached gives an item with this key, flags and value: what `-I` limits.
size_t ItemBytes(size_t key_bytes, uint32_t flags, uint64_t value_bytes);

// An incremental parser of memcached's text protocol, one per connection. It allocates
// nothing and copies nothing; what it remembers between calls is how to stay in step with a stream
// that is cut anywhere: how many bytes of a refused value are still to be discarded, and whether a
// long retrieval line is being taken in parts.
//
// Wording and resynchronisation after errors are those of memcached 1.6.
class RequestParser {
 public:
  enum class Result {
    kRequest,   // *request is filled
    kNeedMore,  // the bytes do not hold a whole request yet
  };

  // A connection that begins with this byte speaks the binary protocol, which we do not: it is
  // closed.
  static constexpr char kBinaryMagic = '\x80';
  // A line without end is closed after this many bytes, unless it is a multiget.
  static constexpr size_t kMaxLineBytes = 2048;
  // A multiget's line is buffered up to this many bytes, then executed in parts.
  static constexpr size_t kMaxRetrievalLineBytes = 1 << 20;

  // Items larger than `max_item_bytes` (as ItemBytes counts) are refused. With an `authenticator`
  // the connection begins with what LoginParser describes. Both pointers must outlive the parser.
  RequestParser(const CommandTable* commands, size_t max_item_bytes,
                const Authenticator* authenticator = nullptr)
      : commands_(commands), max_item_bytes_(max_item_bytes), login_(authenticator) {}

  // Looks at `input`, all bytes received and not yet consumed, for one request. *consumed is set to
  // the number of bytes from its front that the caller must not pass again; with kRequest they must
  // stay in place until the request was executed.
  Result Next(std::string_view input, Request* request, size_t* consumed);

  // After a kNeedMore for a value or a line of `input_bytes` so far, which there is no memory to go
  // on with: the next call makes an error of it, and what is still to come is dropped as it
  // arrives. Returns how many bytes from the front must be kept for that; the others must not be
  // passed again. Nothing, when there is no such request.
  std::optional<size_t> GiveUp(size_t input_bytes);

  // After kNeedMore: a size of `input` below which Next need not be called again. At least 1 more
  // than it had. A value's end is known in advance, a line's is not.
  size_t needed() const { return needed_; }

 private:
  enum class Stage : uint8_t { kFirstByte, kLogin, kCommands };

  // The next request of a connection that did not come to its commands yet. Nothing when it has.
  // What it takes is added to *consumed.
  std::optional<Result> Begin(std::string_view input, Request* request, size_t* consumed);
  // *request is an error whose line announced a block of that many bytes, "\r\n" included: they are
  // dropped as they arrive, whatever they hold, and the error follows them.
  void Refuse(size_t block_bytes, const Request* request);
  // Behind Refuse: what `input`, which begins with the block, makes of *request. What it takes is
  // added to *consumed.
  Result SwallowBlock(std::string_view input, Request* request, size_t* consumed);
  Result NeedMore(size_t input_bytes, size_t consumed, size_t at_least);
  Result LineWithoutEnd(std::string_view input, Request* request, size_t* consumed);
  Result RetrievalPart(std::string_view keys, Request* request);
  Result ParseLine(std::string_view line, std::string_view after, Request* request,
                   size_t* consumed);

  const CommandTable* const commands_;
  const size_t max_item_bytes_;
  LoginParser login_;
  size_t needed_ = 1;
  size_t scanned_ = 0;           // bytes at the front known to hold no '\n'
  uint64_t discard_bytes_ = 0;   // of a refused value, still to come
  std::string_view owed_error_;  // follows the refused value, "" if nothing does
  size_t dropped_ = 0;           // of the value that there was no memory for
  // Each connection has a parser: the small members stand together.
  Stage stage_ = Stage::kFirstByte;
  bool owed_noreply_ = false;  // the client is not told
  bool no_memory_ = false;     // for the value behind the line at the front
  bool discard_line_ = false;  // up to the next '\n': the rest of a refused retrieval
  bool in_retrieval_ = false;  // `part_` is a retrieval whose line goes on
  Command part_ = Command::kGet;
};

}  // namespace overtake
