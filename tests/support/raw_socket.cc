#include "tests/support/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

namespace overtake::tests {
namespace {

using Clock = std::chrono::steady_clock;

bool WaitFor(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry = {fd, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::max<int64_t>(0, left + 1)));
    if (ready > 0) return true;
    if (ready == 0 && left <= 0) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

RawSocket::RawSocket(int port, int receive_buffer) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Close();
}

RawSocket::RawSocket(const std::string& path) {
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Close();
}

RawSocket::~RawSocket() { Close(); }

RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), closed_(other.closed_) {}

RawSocket& RawSocket::operator=(RawSocket&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
    closed_ = other.closed_;
  }
  return *this;
}

bool RawSocket::Send(std::string_view bytes, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!bytes.empty()) {
    const size_t taken = SendWithoutBlocking(bytes);
    bytes.remove_prefix(taken);
    if (bytes.empty()) break;
    if (taken == 0 && errno != EAGAIN) return false;
    if (!WaitFor(fd_, POLLOUT, deadline)) return false;
  }
  return true;
}

bool RawSocket::SendInPieces(std::string_view bytes, const std::vector<size_t>& cuts) {
  size_t start = 0;
  for (const size_t cut : cuts) {
    if (!Send(bytes.substr(start, cut - start))) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    start = cut;
  }
  return Send(bytes.substr(start));
}

size_t RawSocket::SendWithoutBlocking(std::string_view bytes) {
  const ssize_t taken = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return taken > 0 ? static_cast<size_t>(taken) : 0;
}

bool RawSocket::ReceiveWithoutBlocking(std::string* received, size_t at_most) {
  char chunk[65536];
  const ssize_t got = recv(fd_, chunk, std::min(at_most, sizeof chunk), MSG_DONTWAIT);
  if (got > 0) received->append(chunk, static_cast<size_t>(got));
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) closed_ = true;
  return got > 0;
}

bool RawSocket::ReadSome(std::string* received, size_t at_most, Clock::time_point deadline) {
  while (!closed_ && fd_ >= 0) {
    if (!WaitFor(fd_, POLLIN, deadline)) return false;
    if (ReceiveWithoutBlocking(received, at_most)) return true;
  }
  return false;
}

std::string RawSocket::ReadBytes(size_t count, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::string received;
  received.reserve(count);
  while (received.size() < count && ReadSome(&received, count - received.size(), deadline)) {
  }
  return received;
}

std::string RawSocket::ReadUntil(std::string_view end, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::string received;
  while (!received.ends_with(end) && ReadSome(&received, SIZE_MAX, deadline)) {
  }
  return received;
}

std::string RawSocket::ReadUntilClosed(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::string received;
  while (ReadSome(&received, SIZE_MAX, deadline)) {
  }
  return received;
}

std::string RawSocket::ReadUntilQuiet(std::chrono::milliseconds quiet) {
  std::string received;
  while (ReadSome(&received, SIZE_MAX, Clock::now() + quiet)) {
  }
  return received;
}

bool RawSocket::ReadMore(std::string* received, std::chrono::milliseconds limit) {
  return ReadSome(received, SIZE_MAX, Clock::now() + limit);
}

std::string RawSocket::Ask(std::string_view request, std::string_view end) {
  if (!Send(request)) return "";
  return ReadUntil(end);
}

void RawSocket::HalfClose() { shutdown(fd_, SHUT_WR); }

void RawSocket::Reset() {
  const linger abort = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  Close();
}

void RawSocket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

}  // namespace overtake::tests
