#include "dispatch/roles/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace overtake {
namespace {

void Enable(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof(on));
}

struct HostPort {
  std::string host;
  std::string port;
};

// The port of a bound TCP socket, or 0; *family is AF_INET, AF_INET6 or another.
int PortOf(int fd, int* family) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  *family = address.ss_family;
  if (*family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
  if (*family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
  return 0;
}

void SetPort(sockaddr* address, int port) {
  const in_port_t number = htons(static_cast<in_port_t>(port));
  if (address->sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = number;
  } else {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = number;
  }
}

absl::Status CannotListen(const std::string& path, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat("failed to listen on UNIX socket ", path, ": ", std::strerror(error)));
}

// "host", "host:port", "[v6]", "[v6]:port", or a bare IPv6 address.
HostPort SplitAddress(const std::string& address, int default_port) {
  HostPort result{address, absl::StrCat(default_port)};
  const size_t bracket = address.rfind(']');
  const size_t colon = address.rfind(':');
  const bool has_port =
      colon != std::string::npos &&
      (bracket != std::string::npos ? colon > bracket : address.find(':') == colon);
  if (has_port) {
    result.port = address.substr(colon + 1);
    result.host = address.substr(0, colon);
  }
  if (result.host.size() >= 2 && result.host.front() == '[' && result.host.back() == ']') {
    result.host = result.host.substr(1, result.host.size() - 2);
  }
  return result;
}

}  // namespace

Listener::~Listener() {
  for (int fd : sockets_) close(fd);
}

absl::StatusOr<Listener> Listener::Open(const DispatchOptions& options, bool share_port,
                                        const Listener* first) {
  Listener listener;
  if (first != nullptr) {
    if (absl::Status status = listener.ShareUnix(*first); !status.ok()) return status;
  }
  PortSharing sharing = PortSharing::kNone;
  if (share_port) sharing = first == nullptr ? PortSharing::kFirst : PortSharing::kFollows;
  int port = std::max(options.port, 0);
  if (options.port < 0 && first != nullptr && !first->sockets_.empty()) {
    int family = 0;
    port = PortOf(first->sockets_.front(), &family);
  }
  std::vector<std::string> addresses = options.addresses;
  if (addresses.empty() && options.port != 0) addresses.emplace_back();
  for (const std::string& address : addresses) {
    absl::string_view path = address;
    absl::Status status;
    if (absl::ConsumePrefix(&path, "unix:")) {
      if (first == nullptr) status = listener.AddUnix(std::string(path), options);
    } else {
      status = listener.AddAddress(address, options, sharing, &port);
    }
    if (!status.ok()) return status;
  }
  return listener;
}

// *port: what an address without one gets; all have the one port that the system chose.
absl::Status Listener::AddAddress(std::string address, const DispatchOptions& options,
                                  PortSharing sharing, int* port) {
  constexpr absl::string_view kNoTls = "notls:";
  const bool plain = absl::StartsWith(address, kNoTls);
  if (plain && options.tls == nullptr) {
    return absl::FailedPreconditionError("'notls' option is valid only when SSL is enabled");
  }
  if (plain) address.erase(0, kNoTls.size());
  const HostPort parts = SplitAddress(address, *port);
  if (parts.port.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no port behind the colon of ", address));
  }
  if (options.port == 0 && parts.port == "0") return absl::OkStatus();
  const size_t before = sockets_.size();
  absl::Status status = Add(parts.host, parts.port, options.backlog, sharing);
  if (options.tls != nullptr && !plain) {
    tls_sockets_.insert(tls_sockets_.end(), sockets_.begin() + static_cast<ptrdiff_t>(before),
                        sockets_.end());
  }
  int family = 0;
  if (*port == 0 && !sockets_.empty()) *port = PortOf(sockets_.back(), &family);
  return status;
}

bool Listener::IsTls(int socket) const {
  return std::find(tls_sockets_.begin(), tls_sockets_.end(), socket) != tls_sockets_.end();
}

absl::Status Listener::AddUnix(const std::string& path, const DispatchOptions& options) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return CannotListen(path, path.empty() ? EINVAL : ENAMETOOLONG);
  }
  path.copy(address.sun_path, path.size());
  // One that an earlier server left behind; anything else that has this name stays.
  struct stat found;
  if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return CannotListen(path, errno);
  sockets_.push_back(fd);
  unix_sockets_.push_back(fd);
  // Nobody may connect before the permissions are what they shall be.
  const mode_t before = umask(static_cast<mode_t>(~options.unix_mask & 0777));
  const int bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  const int error = errno;
  umask(before);
  if (bound != 0) return CannotListen(path, error);
  if (listen(fd, options.backlog) != 0) return CannotListen(path, errno);
  return absl::OkStatus();
}

absl::Status Listener::ShareUnix(const Listener& first) {
  for (int shared : first.unix_sockets_) {
    const int fd = fcntl(shared, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return absl::ErrnoToStatus(errno, "sharing a UNIX socket");
    sockets_.push_back(fd);
    unix_sockets_.push_back(fd);
  }
  return absl::OkStatus();
}

std::string Listener::PortLines() const {
  std::string lines;
  for (int fd : sockets_) {
    int family = 0;
    const int port = PortOf(fd, &family);
    if (port == 0) continue;
    absl::StrAppend(&lines, family == AF_INET6 ? "TCP INET6: " : "TCP INET: ", port, "\n");
  }
  return lines;
}

absl::Status Listener::Add(const std::string& host, const std::string& port, int backlog,
                           PortSharing sharing) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure =
      getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (failure != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot listen on ", host, ": ", gai_strerror(failure)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);

  int last_error = 0;
  int family = 0;
  int chosen = 0;  // by the system, when asked for port 0
  size_t bound = 0;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      last_error = errno;  // a family that this kernel does not have is no error if another is
      continue;
    }
    Enable(fd, SOL_SOCKET, SO_REUSEADDR);
    Enable(fd, SOL_SOCKET, SO_KEEPALIVE);
    Enable(fd, IPPROTO_TCP, TCP_NODELAY);
    if (sharing == PortSharing::kFollows) Enable(fd, SOL_SOCKET, SO_REUSEPORT);
    if (a->ai_family == AF_INET6) Enable(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    if (port == "0" && chosen != 0) SetPort(a->ai_addr, chosen);
    const bool is_bound = bind(fd, a->ai_addr, a->ai_addrlen) == 0;
    // Not before: another server that allows it must not share the port with this one by accident.
    if (sharing == PortSharing::kFirst) Enable(fd, SOL_SOCKET, SO_REUSEPORT);
    if (!is_bound || listen(fd, backlog) != 0) {
      last_error = errno;
      close(fd);
      if (last_error == EADDRINUSE) break;
      continue;
    }
    sockets_.push_back(fd);
    chosen = PortOf(fd, &family);
    ++bound;
  }
  if (bound == 0 || last_error == EADDRINUSE) {
    return absl::FailedPreconditionError(absl::StrCat("failed to listen on TCP port ", port,
                                                      host.empty() ? "" : " of ", host, ": ",
                                                      std::strerror(last_error)));
  }
  return absl::OkStatus();
}

}  // namespace overtake
