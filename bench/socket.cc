#include "bench/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "absl/strings/str_cat.h"

namespace overtake::bench {
namespace {

constexpr int kBacklog = 1024;
constexpr int kPortsTried = 100;

absl::StatusOr<sockaddr_in> AddressOf(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(endpoint.port));
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("not an IPv4 address: ", endpoint.host));
  }
  return address;
}

absl::Status SystemError(absl::string_view what, const Endpoint& endpoint) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", endpoint.host, ":", endpoint.port));
}

}  // namespace

absl::StatusOr<UniqueFd> Connect(const Endpoint& endpoint) {
  const absl::StatusOr<sockaddr_in> address = AddressOf(endpoint);
  if (!address.ok()) return address.status();
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return absl::ErrnoToStatus(errno, "socket");
  const timeval timeout{kSocketTimeoutSeconds, 0};
  SetNoDelay(fd.get());
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    return SystemError("connect to", endpoint);
  }
  return fd;
}

absl::StatusOr<UniqueFd> Listen(const Endpoint& endpoint, bool reuse_port) {
  const absl::StatusOr<sockaddr_in> address = AddressOf(endpoint);
  if (!address.ok()) return address.status();
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return absl::ErrnoToStatus(errno, "socket");
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (reuse_port) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    return SystemError("bind", endpoint);
  }
  if (listen(fd.get(), kBacklog) != 0) return SystemError("listen on", endpoint);
  return fd;
}

absl::Status SetNonBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, "fcntl");
  }
  return absl::OkStatus();
}

void SetNoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

absl::Status SendAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return absl::ErrnoToStatus(errno, "send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Receive(int fd, char* buffer, size_t size) {
  ssize_t received;
  do {
    received = recv(fd, buffer, size, 0);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return absl::ErrnoToStatus(errno, "recv");
  if (received == 0) return absl::UnavailableError("the server closed the connection");
  return static_cast<size_t>(received);
}

absl::StatusOr<int> FindFreePort(int first) {
  absl::Status last;
  for (int port = first; port < first + kPortsTried && port <= 65535; ++port) {
    const absl::StatusOr<UniqueFd> fd = Listen({"127.0.0.1", port}, /*reuse_port=*/false);
    if (fd.ok()) return port;
    last = fd.status();
  }
  return last;
}

}  // namespace overtake::bench
