#include "bench/load/echo.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "bench/clock.h"

namespace overtake::bench {
namespace {

constexpr int kMaxEvents = 64;
constexpr size_t kBufferBytes = 64 * 1024;
constexpr int64_t kMaxDelayUs = 10'000'000;
constexpr int64_t kAwakeNs = 1 * kNsPerMs;  // before the end of a delay

const std::string& GetReply() {
  static const std::string* const reply =
      new std::string(absl::StrCat("VALUE k 0 100\r\n", std::string(100, 'v'), "\r\nEND\r\n"));
  return *reply;
}

struct EchoConnection {
  UniqueFd fd;
  size_t filled = 0;   // bytes of requests that were not taken yet
  bool waits = false;  // in Delays; nothing is taken meanwhile
  std::array<char, kBufferBytes> buffer;
};

// A request at the start of some bytes.
struct EchoRequest {
  size_t size = 0;  // 0: it is not all there
  absl::string_view reply;
  int64_t delay_ns = 0;  // after which it is answered
};

// "debug sleep <us>" and "debug spin <us>".
EchoRequest TakeDebug(absl::string_view line) {
  EchoRequest request{.size = line.size(), .reply = "OK\r\n"};
  const absl::string_view word = line.substr(line.rfind(' ') + 1);
  const int64_t ns =
      std::min<int64_t>(std::strtol(word.data(), nullptr, 10), kMaxDelayUs) * kNsPerUs;
  if (absl::StartsWith(line, "debug sleep ")) request.delay_ns = ns;
  const int64_t end = NowNs() + ns;
  while (absl::StartsWith(line, "debug spin ") && NowNs() < end) {
  }
  return request;
}

EchoRequest TakeRequest(absl::string_view bytes) {
  const size_t newline = bytes.find('\n');
  if (newline == absl::string_view::npos) return {};
  const absl::string_view line = bytes.substr(0, newline + 1);
  if (line.front() == 'g') return {line.size(), GetReply()};
  if (absl::StartsWith(line, "debug s")) return TakeDebug(line);
  if (!absl::StartsWith(line, "set ")) return {line.size(), "VERSION echo\r\n"};
  const size_t value_size = std::strtoul(line.data() + line.rfind(' '), nullptr, 10);
  const size_t whole = line.size() + value_size + 2;
  if (whole > bytes.size()) return {};
  return {whole, "STORED\r\n"};
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

// One thread of the server.
class EchoThread {
 public:
  explicit EchoThread(int epoll) : epoll_(epoll) {}

  [[noreturn]] void Run();

 private:
  struct Delay {
    int64_t until_ns;
    EchoConnection* connection;
    bool operator>(const Delay& other) const { return until_ns > other.until_ns; }
  };

  // Each of these is false when the connection is at its end.
  bool Read(EchoConnection* connection);
  // Answers what is whole, up to a request that is to be answered later.
  bool Answer(EchoConnection* connection);
  bool Continue(EchoConnection* connection);

  void Watch(EchoConnection* connection, uint32_t events) const;

  const int epoll_;
  std::string replies_;
  std::priority_queue<Delay, std::vector<Delay>, std::greater<>> delays_;
};

void EchoThread::Run() {
  prctl(PR_SET_TIMERSLACK, 1UL);
  std::array<epoll_event, kMaxEvents> events;
  while (true) {
    timespec left{};
    if (!delays_.empty()) {
      // Timers are late, and a delay is to be exact: the last of it is waited for awake.
      const int64_t ns = std::max<int64_t>(0, delays_.top().until_ns - NowNs() - kAwakeNs);
      left = {ns / kNsPerSecond, ns % kNsPerSecond};
    }
    const int count =
        epoll_pwait2(epoll_, events.data(), kMaxEvents, delays_.empty() ? nullptr : &left, nullptr);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<EchoConnection*>(events[i].data.ptr);
      if (!connection->waits && !Read(connection)) delete connection;  // also out of the epoll
    }
    while (!delays_.empty() && delays_.top().until_ns <= NowNs()) {
      EchoConnection* const connection = delays_.top().connection;
      delays_.pop();
      if (!Continue(connection)) delete connection;
    }
  }
}

bool EchoThread::Read(EchoConnection* connection) {
  const ssize_t received =
      recv(connection->fd.get(), connection->buffer.data() + connection->filled,
           kBufferBytes - connection->filled, MSG_DONTWAIT);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received == 0) return false;
  connection->filled += static_cast<size_t>(received);
  return Answer(connection);
}

bool EchoThread::Answer(EchoConnection* connection) {
  absl::string_view bytes(connection->buffer.data(), connection->filled);
  replies_.clear();
  while (!bytes.empty()) {
    const EchoRequest request = TakeRequest(bytes);
    if (request.size == 0) break;
    bytes.remove_prefix(request.size);
    if (request.delay_ns > 0) {
      connection->waits = true;
      delays_.push({NowNs() + request.delay_ns, connection});
      // No events until then, but for one should the connection break: that shows when the reply
      // is sent.
      Watch(connection, EPOLLET);
      break;
    }
    absl::StrAppend(&replies_, request.reply);
  }
  connection->filled = bytes.size();
  if (connection->filled == kBufferBytes) return false;  // a request larger than we take
  memmove(connection->buffer.data(), bytes.data(), bytes.size());
  return SendReplies(connection->fd.get(), replies_) || connection->waits;
}

bool EchoThread::Continue(EchoConnection* connection) {
  connection->waits = false;
  Watch(connection, EPOLLIN);
  return SendReplies(connection->fd.get(), "OK\r\n") && Answer(connection);
}

void EchoThread::Watch(EchoConnection* connection, uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.ptr = connection;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection->fd.get(), &event);
}

}  // namespace

absl::Status RunEcho(const Endpoint& endpoint, int threads) {
  const absl::StatusOr<UniqueFd> listener = Listen(endpoint, /*reuse_port=*/false);
  if (!listener.ok()) return listener.status();
  std::vector<int> epolls;
  for (int i = 0; i < threads; ++i) {
    epolls.push_back(epoll_create1(EPOLL_CLOEXEC));
    if (epolls.back() < 0) return absl::ErrnoToStatus(errno, "epoll_create1");
    std::thread([epoll = epolls.back()] { EchoThread(epoll).Run(); }).detach();
  }
  for (size_t next = 0;; ++next) {
    pollfd wait{listener->get(), POLLIN, 0};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
    const int fd = accept4(listener->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) continue;
    SetNoDelay(fd);
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
