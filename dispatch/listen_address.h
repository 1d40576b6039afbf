// Where to listen, as a user says it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake {

// Whether the clients of a TCP address speak TLS, and have to show a certificate.
enum class ListenTls : uint8_t {
  kDefault,  // as the server's options say
  kOff,      // "notls:": no TLS
  kBasic,    // "btls:": TLS, without a certificate
  kMutual,   // "mtls:": TLS, with one
};

struct ListenAddress {
  std::string text;       // as it was given
  std::string path = "";  // of a socket in the file system; "": it is TCP
  std::string host = "";  // of TCP; "": all interfaces, which only "*" asks for
  int port = 0;           // of TCP; 0: it names none
  ListenTls tls = ListenTls::kDefault;
};

// Reads "unix:<path>", or "<host>" or "<host>:<port>", where a host is a name, an address of IPv4,
// or of IPv6 (in brackets if a port follows), or "*". Before it may stand, in this order: "notls:",
// "btls:" or "mtls:"; "proto[ascii]:" or "proto[negotiating]:", which say what is so anyway; and
// "tag[x]:" or "tag_x_:" with 1 to 8 characters, which nothing here asks for. InvalidArgument with
// what is wrong when the text is none of these: a mistake, such as a variable that is empty, must
// not be taken for "listen everywhere". Whether there is such a host remains to be seen.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace overtake
