#include "dispatch/roles/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

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

struct HostPort {
  std::string host;
  std::string port;
};

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

absl::StatusOr<Listener> Listener::Open(const DispatchOptions& options, bool share_port) {
  Listener listener;
  if (options.addresses.empty()) {
    const absl::Status status =
        listener.Add("", absl::StrCat(options.port), options.backlog, share_port);
    if (!status.ok()) return status;
  }
  for (const std::string& address : options.addresses) {
    const HostPort parts = SplitAddress(address, options.port);
    const absl::Status status = listener.Add(parts.host, parts.port, options.backlog, share_port);
    if (!status.ok()) return status;
  }
  return listener;
}

absl::Status Listener::Add(const std::string& host, const std::string& port, int backlog,
                           bool share_port) {
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
    if (share_port) Enable(fd, SOL_SOCKET, SO_REUSEPORT);
    if (a->ai_family == AF_INET6) Enable(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, backlog) != 0) {
      last_error = errno;
      close(fd);
      if (last_error == EADDRINUSE) break;
      continue;
    }
    sockets_.push_back(fd);
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
