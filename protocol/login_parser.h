// The beginning of a connection whose client has to say who it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/authenticator.h"
#include "protocol/command_table.h"
#include "protocol/request.h"

namespace overtake {

// Takes the place of the command parser until the client has authenticated itself, as memcached's
// protocol.txt has it ("Authentication"): by a `set` of which only the length counts and whose
// value is "<user> <password>". Everything else is refused in memcached's words, line by line, but
// that a storage command's data block is no line; and the client may try again as often as it
// likes. One per connection; buffers nothing.
class LoginParser {
 public:
  enum class Result {
    kRequest,   // *request is filled: a kAuthenticate, kInvalid or kQuit
    kNeedMore,  // the bytes do not hold a whole attempt yet
  };

  // A line without end is closed after this many bytes.
  static constexpr size_t kMaxLineBytes = 2048;
  // "<user> <password>"; what announces more is refused.
  static constexpr uint32_t kMaxTokenBytes = 16 * 1024;

  // `authenticator` null: nobody is asked.
  explicit LoginParser(const Authenticator* authenticator) : authenticator_(authenticator) {}

  // Whether the client is still to be asked.
  bool required() const { return authenticator_ != nullptr; }

  // As RequestParser::Next. REQUIRES: required().
  Result Next(const CommandTable& commands, std::string_view input, Request* request,
              size_t* consumed);

  // After kNeedMore: how many bytes must be there, of those not consumed, before it is worth asking
  // again.
  size_t needed() const { return needed_; }

  // After kRequest: the bytes of the data block, "\r\n" included, that the refused line announced.
  // The caller tells the error and drops them: they must not be taken for a login. 0: none.
  size_t refused_block_bytes() const { return refused_block_bytes_; }

 private:
  // Both set *request where nothing more is to be waited for.
  void ParseLine(const CommandTable& commands, std::string_view line, Request* request);
  void Check(std::string_view block, Request* request);

  const Authenticator* authenticator_;
  uint32_t block_bytes_ = 0;  // announced, "\r\n" included; 0: a command line comes next
  uint32_t needed_ = 0;
  size_t refused_block_bytes_ = 0;
};

}  // namespace overtake
