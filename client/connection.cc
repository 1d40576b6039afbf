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
#include <chrono>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace overtake::client {
namespace {

constexpr size_t kInputBytes = size_t{64} << 10;

// On the monotonic clock, which nobody sets back during a wait.
class Deadline {
 public:
  explicit Deadline(absl::Duration timeout)
      : infinite_(timeout == absl::InfiniteDuration()),
        end_(Clock::now() + (infinite_ ? Clock::duration::zero()
                                       : absl::ToChronoNanoseconds(std::min(timeout, kMax)))) {}

  // For poll(): rounded up, so that it never spins through the last millisecond.
  int PollTimeout() const {
    if (infinite_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
    return static_cast<int>(std::clamp<int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr absl::Duration kMax = absl::Hours(24 * 365);

  bool infinite_;
  Clock::time_point end_;
};

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
                                                             absl::Duration timeout) {
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
      return connection;
    }
  }
  return absl::Status(status.code(), absl::StrCat(host, ":", port, ": ", status.message()));
}

absl::Status Connection::Exchange(absl::string_view prefix, absl::string_view output, bool done,
                                  OnInput on_input, absl::Duration timeout) {
  const Deadline deadline(timeout);
  bool may_send = true;  // Until the socket says otherwise: the first send() needs no poll().
  while (!prefix.empty() || !output.empty() || !done) {
    while (may_send && !(prefix.empty() && output.empty())) {
      absl::string_view& part = prefix.empty() ? output : prefix;
      const int more = prefix.empty() || output.empty() ? 0 : MSG_MORE;
      const ssize_t sent = send(fd_, part.data(), part.size(), MSG_NOSIGNAL | more);
      if (sent < 0 && !WouldBlock(errno)) return Unavailable("send", errno);
      may_send = sent == static_cast<ssize_t>(part.size());
      part.remove_prefix(std::max<ssize_t>(sent, 0));
    }
    const bool all_sent = prefix.empty() && output.empty();
    if (all_sent && done) break;
    // Reads even when nothing is waited for: see the contract.
    const short wanted = all_sent ? POLLIN : POLLIN | POLLOUT;
    absl::StatusOr<short> events = Wait(fd_, wanted, deadline);
    if (!events.ok()) return events.status();
    may_send = (*events & POLLOUT) != 0;
    if ((*events & (POLLIN | POLLHUP | POLLERR)) == 0) continue;

    const ssize_t received = recv(fd_, input_.data(), input_.size(), 0);
    if (received == 0) return absl::UnavailableError("the server closed the connection");
    if (received < 0) {
      if (WouldBlock(errno)) continue;
      return Unavailable("recv", errno);
    }
    absl::StatusOr<bool> result = on_input(absl::string_view(input_.data(), received));
    if (!result.ok()) return result.status();
    done = *result;
  }
  return absl::OkStatus();
}

absl::Status Connection::CheckQuiet() const {
  char bytes[100];
  const ssize_t received = recv(fd_, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
  if (received == 0) return absl::UnavailableError("the server closed the connection");
  if (received > 0) {
    return absl::DataLossError(absl::StrCat("the server sent unasked: ",
                                            absl::CHexEscape(absl::string_view(bytes, received))));
  }
  return WouldBlock(errno) ? absl::OkStatus() : Unavailable("recv", errno);
}

}  // namespace overtake::client
