// The flags of meta commands.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "protocol/key_list.h"
#include "protocol/request.h"

namespace overtake {

// Reads the flags behind the key (and, for ms, the length) of a meta command, request->text, into
// *request, whose command and key are set: into `meta`, and T into exptime, F into flags, C into
// number. Returns memcached's error for what is wrong with them, empty if nothing is.
std::string_view ParseMetaFlags(Request* request);

// Whether the opaque, if flags that could be read have one, is no longer than 32 bytes. memcached
// finds out only while it writes the reply to mg and ma, when the item was already changed; here an
// error leaves nothing done.
bool OpaqueFits(const Request& request);

// The key that a meta command names, decoded if it came in base64. Refers to the request's bytes or
// into itself; neither may move.
class MetaKey {
 public:
  explicit MetaKey(const Request& request);
  MetaKey(const MetaKey&) = delete;
  MetaKey& operator=(const MetaKey&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  std::array<char, kMaxKeyBytes> decoded_;
  std::string_view bytes_;
};

}  // namespace overtake
