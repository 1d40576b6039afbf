// Where to listen, as a user says it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake {

struct ListenAddress {
  std::string text;          // as it was given
  std::string path = "";     // of a socket in the file system; "": it is TCP
  std::string host = "";     // of TCP; "": all interfaces, which only "*" asks for
  int port = 0;              // of TCP; 0: it names none
  bool without_tls = false;  // also where there is TLS
};

// Reads "unix:<path>", or "<host>" or "<host>:<port>", where a host is a name, an address of IPv4,
// or of IPv6 (in brackets if a port follows), or "*", and may have the prefix "notls:".
// InvalidArgument with what is wrong when the text is none of these: a mistake, such as a variable
// that is empty, must not be taken for "listen everywhere". Whether there is such a host remains to
// be seen.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace overtake
