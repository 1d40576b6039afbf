#include "dispatch/listen_address.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
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

ListenTls ConsumeTls(absl::string_view* text) {
  if (absl::ConsumePrefix(text, "notls:")) return ListenTls::kOff;
  if (absl::ConsumePrefix(text, "btls:")) return ListenTls::kBasic;
  if (absl::ConsumePrefix(text, "mtls:")) return ListenTls::kMutual;
  return ListenTls::kDefault;
}

// Takes "<opening><word><closing>:" off the front, if *text begins so; nothing when it does not.
std::optional<absl::string_view> Consume(absl::string_view opening, absl::string_view closing,
                                         absl::string_view* text) {
  if (!absl::StartsWith(*text, opening)) return std::nullopt;
  const size_t end = text->find(closing, opening.size());
  if (end == absl::string_view::npos) return std::nullopt;
  const absl::string_view word = text->substr(opening.size(), end - opening.size());
  text->remove_prefix(end + closing.size());
  return word;
}

absl::Status ConsumeProtocolAndTag(const ListenAddress& address, absl::string_view* text) {
  if (const auto protocol = Consume("proto[", "]:", text)) {
    if (*protocol == "binary") return Wrong(address, "the binary protocol is not supported");
    if (*protocol != "ascii" && *protocol != "negotiating") {
      return Wrong(address, "the protocol is none of ascii and negotiating");
    }
  }
  std::optional<absl::string_view> tag = Consume("tag[", "]:", text);
  if (!tag.has_value()) tag = Consume("tag_", "_:", text);
  if (tag.has_value() && (tag->empty() || tag->size() > 8)) {
    return Wrong(address, "a tag has 1 to 8 characters");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  ListenAddress address{.text = std::string(text)};
  if (absl::ConsumePrefix(&text, "unix:")) {
    if (text.empty()) return Wrong(address, "there is no path");
    address.path = std::string(text);
    return address;
  }
  address.tls = ConsumeTls(&text);
  if (absl::Status status = ConsumeProtocolAndTag(address, &text); !status.ok()) return status;
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
