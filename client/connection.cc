#include "client/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/deadline.h"

namespace overtake::client {
namespace {

constexpr size_t kInputBytes = size_t{64} << 10;

std::string ErrnoText(int error) { return std::system_category().message(error); }

absl::Status Unavailable(absl::string_view what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", ErrnoText(error)));
}

// Waits for any of `events`; returns those that came.
absl::StatusOr<short> Wait(int fd, short events, const Deadline& deadline) {
  pollfd waited{.fd = fd, .events = events, .revents = 0};
  while (true) {
    const int ready = poll(&waited, 1, deadline.PollTimeout());
    if (ready > 0) return waited.revents;
    if (ready == 0) return absl::DeadlineExceededError("timed out");
    if (errno != EINTR) return Unavailable("poll", errno);
  }
}

// Connects the non-blocking socket `fd`.
absl::Status ConnectSocket(int fd, const addrinfo& address, const Deadline& deadline) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return absl::OkStatus();
  if (errno != EINPROGRESS && errno != EINTR) return Unavailable("connect", errno);
  absl::StatusOr<short> events = Wait(fd, POLLOUT, deadline);
  if (!events.ok()) return events.status();
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? absl::OkStatus() : Unavailable("connect", error);
}

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Connection::Connection(int fd) : fd_(fd), input_(kInputBytes) {}

Connection::~Connection() { close(fd_); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& host, int port,
                                                             absl::Duration timeout,
                                                             const TlsOptions& tls) {
  if (port < 1 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("no such port: ", port));
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
      error != 0) {
    return absl::UnavailableError(absl::StrCat(host, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);

  const Deadline deadline(timeout);
  absl::Status status = absl::UnavailableError("no address");
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      status = Unavailable("socket", errno);
      continue;
    }
    std::unique_ptr<Connection> connection(new Connection(fd));
    status = ConnectSocket(fd, *address, deadline);
    if (status.ok()) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      if (tls.enabled) status = connection->StartTls(tls, host, deadline);
      if (status.ok()) return connection;
    }
  }
  return absl::Status(status.code(), absl::StrCat(host, ":", port, ": ", status.message()));
}

absl::Status Connection::StartTls(const TlsOptions& options, const std::string& host,
                                  const Deadline& deadline) {
  absl::StatusOr<std::unique_ptr<Tls>> tls = Tls::Create(options, host);
  if (!tls.ok()) return tls.status();
  tls_ = *std::move(tls);
  while (true) {
    const absl::StatusOr<bool> shaken = tls_->Handshake();
    // Also when it has failed: the server is told why.
    bool may_send = true;
    const absl::Status sent = SendOutgoing(&may_send);
    if (!shaken.ok()) return shaken.status();
    if (!sent.ok()) return sent;
    if (*shaken && tls_->outgoing().empty()) return absl::OkStatus();
    const short wanted = may_send ? POLLIN : POLLIN | POLLOUT;
    if (absl::StatusOr<short> events = Wait(fd_, wanted, deadline); !events.ok()) {
      return events.status();
    }
    const absl::StatusOr<size_t> received = Receive(0);
    if (!received.ok()) return received.status();
    tls_->Feed({input_.data(), *received});
  }
}

absl::Status Connection::SendOutgoing(bool* may_send) {
  while (*may_send && !tls_->outgoing().empty()) {
    const absl::string_view bytes = tls_->outgoing();
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && !WouldBlock(errno)) return Unavailable("send", errno);
    *may_send = sent == static_cast<ssize_t>(bytes.size());
    tls_->Sent(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Connection::Receive(int flags) {
  const ssize_t received = recv(fd_, input_.data(), input_.size(), flags);
  if (received == 0) return absl::UnavailableError("the server closed the connection");
  if (received > 0) return static_cast<size_t>(received);
  if (WouldBlock(errno)) return size_t{0};
  return Unavailable("recv", errno);
}

absl::StatusOr<bool> Connection::Deliver(size_t received, bool done, OnInput on_input) {
  if (tls_ == nullptr) return on_input(absl::string_view(input_.data(), received));
  tls_->Feed({input_.data(), received});
  while (true) {
    const absl::StatusOr<size_t> bytes = tls_->Decrypt(input_.data(), input_.size());
    if (!bytes.ok()) return bytes.status();
    if (*bytes == 0) return done;
    const absl::StatusOr<bool> result = on_input(absl::string_view(input_.data(), *bytes));
    if (!result.ok()) return result;
    done = *result;
  }
}

absl::Status Connection::Exchange(absl::string_view prefix, absl::string_view output, bool done,
                                  OnInput on_input, absl::Duration timeout) {
  const Deadline deadline(timeout);
  bool may_send = true;  // Until the socket says otherwise: the first send() needs no poll().
  while (true) {
    while (may_send && !(prefix.empty() && output.empty())) {
      absl::string_view& part = prefix.empty() ? output : prefix;
      if (tls_ != nullptr) {
        if (absl::Status status = tls_->Encrypt(&part); !status.ok()) return status;
        if (absl::Status status = SendOutgoing(&may_send); !status.ok()) return status;
        continue;
      }
      const int more = prefix.empty() || output.empty() ? 0 : MSG_MORE;
      const ssize_t sent = send(fd_, part.data(), part.size(), MSG_NOSIGNAL | more);
      if (sent < 0 && !WouldBlock(errno)) return Unavailable("send", errno);
      may_send = sent == static_cast<ssize_t>(part.size());
      part.remove_prefix(std::max<ssize_t>(sent, 0));
    }
    if (tls_ != nullptr) {
      if (absl::Status status = SendOutgoing(&may_send); !status.ok()) return status;
    }
    const bool all_sent =
        prefix.empty() && output.empty() && (tls_ == nullptr || tls_->outgoing().empty());
    if (all_sent && done) return absl::OkStatus();
    // Reads even when nothing is waited for: see the contract.
    const short wanted = all_sent ? POLLIN : POLLIN | POLLOUT;
    absl::StatusOr<short> events = Wait(fd_, wanted, deadline);
    if (!events.ok()) return events.status();
    may_send = (*events & POLLOUT) != 0;
    if ((*events & (POLLIN | POLLHUP | POLLERR)) == 0) continue;

    const absl::StatusOr<size_t> received = Receive(0);
    if (!received.ok()) return received.status();
    if (*received == 0) continue;
    const absl::StatusOr<bool> result = Deliver(*received, done, on_input);
    if (!result.ok()) return result.status();
    done = *result;
  }
}

absl::Status Connection::CheckQuiet() {
  const absl::StatusOr<size_t> received = Receive(tls_ == nullptr ? MSG_PEEK : 0);
  if (!received.ok()) return received.status();
  if (*received == 0) return absl::OkStatus();
  // Under TLS there may be more to read than what is said: tickets for later handshakes.
  absl::string_view said(input_.data(), *received);
  const auto note = [&said](absl::string_view bytes) -> absl::StatusOr<bool> {
    said = bytes;
    return true;
  };
  if (tls_ != nullptr) {
    const absl::StatusOr<bool> unasked = Deliver(*received, /*done=*/false, note);
    if (!unasked.ok()) return unasked.status();
    if (!*unasked) return absl::OkStatus();
  }
  constexpr size_t kShown = 100;
  return absl::DataLossError(
      absl::StrCat("the server sent unasked: ", absl::CHexEscape(said.substr(0, kShown))));
}

}  // namespace overtake::client
