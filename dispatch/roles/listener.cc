#include "dispatch/roles/listener.h"

#include <arpa/inet.h>
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
#include "absl/strings/str_cat.h"

namespace overtake {
namespace {

void Enable(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof(on));
}

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

absl::Status CannotListenOnPath(const std::string& path, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat("failed to listen on UNIX socket ", path, ": ", std::strerror(error)));
}

absl::Status CannotListen(const std::string& host, const char* reason) {
  return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", host, " (-l): ", reason));
}

// A name for all interfaces that does not say so: "0", or one that a resolver makes 0.0.0.0 of.
bool IsHiddenWildcard(const std::string& host, const sockaddr* address) {
  in6_addr any = {};  // room for either family's; both are all zeros
  if (host.empty() || inet_pton(address->sa_family, host.c_str(), &any) == 1) return false;
  if (address->sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr == htonl(INADDR_ANY);
  }
  return address->sa_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
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
  listener.port_ = first != nullptr ? first->port_ : std::max(options.port, 0);
  std::vector<ListenAddress> addresses = options.addresses;
  if (addresses.empty()) addresses.emplace_back();
  for (const ListenAddress& address : addresses) {
    absl::Status status;
    if (address.path.empty()) {
      if (options.port != 0) status = listener.AddAddress(address, options, sharing);
    } else if (first == nullptr) {
      status = listener.AddUnix(address.path, options);
    }
    if (!status.ok()) return status;
  }
  return listener;
}

// All addresses that name no port have the one that the system chose.
absl::Status Listener::AddAddress(const ListenAddress& address, const DispatchOptions& options,
                                  PortSharing sharing) {
  const size_t before = sockets_.size();
  const bool names_port = address.port != 0;
  absl::Status status =
      Add(address.host, names_port ? address.port : port_, options.backlog, sharing);
  if (options.tls != nullptr && address.tls != ListenTls::kOff) {
    for (size_t i = before; i < sockets_.size(); ++i) {
      tls_sockets_.emplace_back(sockets_[i], address.tls);
    }
  }
  int family = 0;
  if (status.ok() && !names_port) port_ = PortOf(sockets_.back(), &family);
  return status;
}

ListenTls Listener::TlsOf(int socket) const {
  const auto found = std::find_if(tls_sockets_.begin(), tls_sockets_.end(),
                                  [socket](const auto& tls) { return tls.first == socket; });
  return found == tls_sockets_.end() ? ListenTls::kOff : found->second;
}

absl::Status Listener::AddUnix(const std::string& path, const DispatchOptions& options) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return CannotListenOnPath(path, ENAMETOOLONG);
  path.copy(address.sun_path, path.size());
  // One that an earlier server left behind; anything else that has this name stays.
  struct stat found;
  if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return CannotListenOnPath(path, errno);
  sockets_.push_back(fd);
  unix_sockets_.push_back(fd);
  // No client may connect before the permissions are what they shall be.
  const mode_t before = umask(static_cast<mode_t>(~options.unix_mask & 0777));
  const int bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  const int error = errno;
  umask(before);
  if (bound != 0) return CannotListenOnPath(path, error);
  if (listen(fd, options.backlog) != 0) return CannotListenOnPath(path, errno);
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

absl::Status Listener::Add(const std::string& host, int port, int backlog, PortSharing sharing) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.empty() ? nullptr : host.c_str(), absl::StrCat(port).c_str(),
                                  &hints, &found);
  if (failure != 0) return CannotListen(host, gai_strerror(failure));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);

  int last_error = 0;
  int family = 0;
  int chosen = 0;  // by the system, when asked for port 0
  size_t bound = 0;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    if (IsHiddenWildcard(host, a->ai_addr)) {
      return CannotListen(host, "that would be all interfaces; \"*\" asks for them");
    }
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
    if (port == 0 && chosen != 0) SetPort(a->ai_addr, chosen);
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
    return absl::FailedPreconditionError(
        absl::StrCat("failed to listen on TCP port ", port, host.empty() ? "" : " of ", host,
                     host.empty() ? ": " : " (-l): ", std::strerror(last_error)));
  }
  return absl::OkStatus();
}

}  // namespace overtake
