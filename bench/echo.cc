#include "bench/echo.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {
namespace {

constexpr int kMaxEvents = 64;
constexpr size_t kBufferBytes = 64 * 1024;

const std::string& GetReply() {
  static const std::string* const reply =
      new std::string(absl::StrCat("VALUE k 0 100\r\n", std::string(100, 'v'), "\r\nEND\r\n"));
  return *reply;
}

struct EchoConnection {
  UniqueFd fd;
  size_t filled = 0;  // bytes of a request whose rest has not come yet
  std::array<char, kBufferBytes> buffer;
};

// Bytes that the request at the start of `bytes` takes, and its reply in `*reply`; 0 when it is
// not all there.
size_t TakeRequest(absl::string_view bytes, absl::string_view* reply) {
  const size_t newline = bytes.find('\n');
  if (newline == absl::string_view::npos) return 0;
  const absl::string_view line = bytes.substr(0, newline + 1);
  if (line.front() == 'g') {
    *reply = GetReply();
    return line.size();
  }
  if (!absl::StartsWith(line, "set ")) {
    *reply = "VERSION echo\r\n";
    return line.size();
  }
  *reply = "STORED\r\n";
  const size_t size = std::strtoul(line.data() + line.rfind(' '), nullptr, 10);
  const size_t whole = line.size() + size + 2;
  return whole <= bytes.size() ? whole : 0;
}

bool SendReplies(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      if (poll(&wait, 1, kSocketTimeoutSeconds * 1000) <= 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

// Reads once and answers what is whole; false when the connection is at its end.
bool Serve(EchoConnection& connection, std::string* replies) {
  const ssize_t received = recv(connection.fd.get(), connection.buffer.data() + connection.filled,
                                kBufferBytes - connection.filled, MSG_DONTWAIT);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received == 0) return false;
  const size_t filled = connection.filled + static_cast<size_t>(received);
  absl::string_view bytes(connection.buffer.data(), filled);
  replies->clear();
  absl::string_view reply;
  while (!bytes.empty()) {
    const size_t taken = TakeRequest(bytes, &reply);
    if (taken == 0) break;
    bytes.remove_prefix(taken);
    absl::StrAppend(replies, reply);
  }
  connection.filled = bytes.size();
  if (connection.filled == kBufferBytes) return false;  // a request larger than we take
  memmove(connection.buffer.data(), bytes.data(), bytes.size());
  return SendReplies(connection.fd.get(), *replies);
}

void ServeForever(int epoll) {
  std::array<epoll_event, kMaxEvents> events;
  std::string replies;
  while (true) {
    const int count = epoll_wait(epoll, events.data(), kMaxEvents, -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<EchoConnection*>(events[i].data.ptr);
      if (!Serve(*connection, &replies)) delete connection;  // closing takes it out of the epoll
    }
  }
}

}  // namespace

absl::Status RunEcho(const Endpoint& endpoint, int threads) {
  const absl::StatusOr<UniqueFd> listener = Listen(endpoint, /*reuse_port=*/false);
  if (!listener.ok()) return listener.status();
  std::vector<int> epolls;
  for (int i = 0; i < threads; ++i) {
    epolls.push_back(epoll_create1(EPOLL_CLOEXEC));
    if (epolls.back() < 0) return absl::ErrnoToStatus(errno, "epoll_create1");
    std::thread(ServeForever, epolls.back()).detach();
  }
  for (size_t next = 0;; ++next) {
    pollfd wait{listener->get(), POLLIN, 0};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
    const int fd = accept4(listener->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) continue;
    auto connection = std::make_unique<EchoConnection>();
    connection->fd = UniqueFd(fd);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection.get();
    if (epoll_ctl(epolls[next % epolls.size()], EPOLL_CTL_ADD, fd, &event) == 0) {
      connection.release();  // now its thread's, which deletes it when the client closes
    }
  }
}

}  // namespace overtake::bench
