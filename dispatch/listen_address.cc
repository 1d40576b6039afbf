#include "dispatch/listen_address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace overtake {
namespace {

absl::Status Wrong(const ListenAddress& address, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("\"", address.text, "\": ", what));
}

// Digits only, which SimpleAtoi does not insist on.
bool ParsePort(absl::string_view text, int* port) {
  constexpr int kLast = 65535;
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, port) && *port >= 1 && *port <= kLast;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  ListenAddress address{.text = std::string(text)};
  if (absl::ConsumePrefix(&text, "unix:")) {
    if (text.empty()) return Wrong(address, "there is no path");
    address.path = std::string(text);
    return address;
  }
  address.without_tls = absl::ConsumePrefix(&text, "notls:");
  absl::string_view host = text;
  absl::string_view rest;  // "" or ":<port>"
  if (absl::ConsumePrefix(&host, "[")) {
    const size_t bracket = host.find(']');
    if (bracket == absl::string_view::npos) return Wrong(address, "a bracket is not closed");
    rest = host.substr(bracket + 1);
    host = host.substr(0, bracket);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {  // more: IPv6, without a port
    rest = text.substr(text.find(':'));
    host = text.substr(0, text.find(':'));
  }
  if (host.empty()) return Wrong(address, "there is no host; \"*\" are all interfaces");
  if (!rest.empty() && (!absl::ConsumePrefix(&rest, ":") || !ParsePort(rest, &address.port))) {
    return Wrong(address, "what follows the host is no port from 1 to 65535");
  }
  if (host != "*") address.host = std::string(host);
  return address;
}

}  // namespace overtake
