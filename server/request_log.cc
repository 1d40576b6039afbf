#include "server/request_log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "spdlog/spdlog.h"

namespace overtake {
namespace {

std::string NameOf(const PeerAddress& peer) {
  if (peer.family != AF_INET && peer.family != AF_INET6) return "a UNIX socket";
  char text[INET6_ADDRSTRLEN];
  inet_ntop(peer.family, peer.bytes, text, sizeof(text));
  return peer.family == AF_INET ? absl::StrCat(text, ":", peer.port)
                                : absl::StrCat("[", text, "]:", peer.port);
}

const char* NameOf(CloseReason reason) {
  switch (reason) {
    case CloseReason::kError:
      return " (error)";
    case CloseReason::kIdleTimeout:
      return " (idle timeout)";
    case CloseReason::kShutdown:
      return " (shutdown)";
    case CloseReason::kNormal:
      break;
  }
  return "";
}

// What `reply` holds from `start` on, up to a line's end and about as much as is shown.
std::string LineAt(const Reply& reply, size_t start) {
  std::array<iovec, 256> pieces;
  size_t bytes = 0;
  const size_t count = reply.Gather(absl::MakeSpan(pieces), start + kMaxShownBytes + 1, &bytes);
  std::string text;
  size_t skipped = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t skip = std::min(start - skipped, pieces[i].iov_len);
    skipped += skip;
    text.append(static_cast<const char*>(pieces[i].iov_base) + skip, pieces[i].iov_len - skip);
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

void LogOpened(int fd, const PeerAddress& peer) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug("<{} new client connection from {}", fd, NameOf(peer));
}

void LogClosed(int fd, CloseReason reason) {
  spdlog::debug("<{} connection closed{}.", fd, NameOf(reason));
}

RequestLog::RequestLog(int connection, const Request& request, const Continuation& continuation,
                       const Reply& reply)
    : connection_(connection),
      reply_bytes_(reply.size()),
      tells_(continuation.place == 0 && continuation.done == 0),
      noreply_(request.noreply) {
  // An error that follows a data block has no line of its own.
  if (tells_ && !request.line.empty()) spdlog::trace("<{} {}", connection, Shown(request.line));
}

void RequestLog::Replied(const Reply& reply) const {
  if (!tells_) return;
  if (reply.size() > reply_bytes_) {
    spdlog::trace(">{} {}", connection_, Shown(LineAt(reply, reply_bytes_)));
  } else if (noreply_) {
    spdlog::trace(">{} NOREPLY", connection_);
  }
}

std::string Shown(std::string_view bytes) {
  std::string shown;
  for (const char byte : bytes.substr(0, kMaxShownBytes)) {
    if (absl::ascii_isprint(static_cast<unsigned char>(byte)) && byte != '\\') {
      shown += byte;
    } else {
      absl::StrAppendFormat(&shown, "\\x%02x", static_cast<unsigned char>(byte));
    }
  }
  if (bytes.size() > kMaxShownBytes) absl::StrAppend(&shown, "... (", bytes.size(), " bytes)");
  return shown;
}

}  // namespace overtake
