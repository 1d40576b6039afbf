#include "dispatch/roles/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "spdlog/spdlog.h"

namespace overtake {
namespace {

// memcached's words to a connection beyond its limit.
constexpr std::string_view kTooMany = "ERROR Too many open connections\r\n";

constexpr timeval kRetryAfter = {.tv_sec = 0, .tv_usec = 10 * 1000};

void Refuse(AcceptedSocket socket) {
  // A client that expects TLS would take the words for a broken record.
  if (socket.tls == ListenTls::kOff) {
    // If it does not fit into an empty socket's buffer, the client does not read anyway.
    [[maybe_unused]] const ssize_t sent =
        send(socket.fd, kTooMany.data(), kTooMany.size(), MSG_NOSIGNAL);
  }
  close(socket.fd);
}

}  // namespace

Acceptor::Acceptor(EventLoop* loop, const Listener* listener, ConnectionLimits* limits,
                   int accepts_per_event, OnConnection on_connection)
    : listener_(listener),
      limits_(limits),
      accepts_per_event_(accepts_per_event),
      on_connection_(std::move(on_connection)) {
  for (int fd : listener->sockets()) {
    sockets_.emplace_back(event_new(
        loop->base(), fd, EV_READ | EV_PERSIST,
        [](int listening, short, void* self) { static_cast<Acceptor*>(self)->Accept(listening); },
        this));
  }
  resume_.reset(event_new(
      loop->base(), -1, 0, [](int, short, void* self) { static_cast<Acceptor*>(self)->Resume(); },
      this));
  Enable();
}

Acceptor::~Acceptor() {
  if (paused_) limits_->Resumed();
}

void Acceptor::Enable() {
  if (enabled_) return;
  enabled_ = true;
  if (!paused_) Watch(true);
}

void Acceptor::Disable() {
  if (!enabled_) return;
  enabled_ = false;
  if (!paused_) Watch(false);
}

void Acceptor::Watch(bool watch) {
  for (const EventPtr& socket : sockets_) {
    if (watch) {
      event_add(socket.get(), nullptr);
    } else {
      event_del(socket.get());
    }
  }
}

void Acceptor::Pause(const char* reason) {
  paused_ = true;
  if (limits_->Paused()) {
    spdlog::warn("accepting pauses: {}; clients wait until a connection is closed", reason);
  }
  if (enabled_) Watch(false);
  event_add(resume_.get(), &kRetryAfter);
}

bool Acceptor::CanAccept() const {
  if (!limits_->refuse() && limits_->full()) return false;
  const int fd = eventfd(0, EFD_CLOEXEC);  // the cheapest descriptor
  if (fd < 0) return false;
  close(fd);
  return true;
}

// Finds out whether there is a place without accepting: perhaps no client waits any more, and in
// mode nginx another thread may hold the right to accept.
void Acceptor::Resume() {
  if (!CanAccept()) {
    event_add(resume_.get(), &kRetryAfter);
    return;
  }
  paused_ = false;
  limits_->Resumed();
  if (enabled_) Watch(true);
}

void Acceptor::Accept(int listening) {
  for (int i = 0; i < accepts_per_event_; ++i) {
    const bool entered = limits_->Enter();
    if (!entered && !limits_->refuse()) return Pause("as many connections as -c allows");
    sockaddr_storage peer = {};
    socklen_t size = sizeof(peer);
    const int fd =
        accept4(listening, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (entered) limits_->Leave();
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        Pause(std::strerror(errno));
      }
      return;  // EAGAIN: none left, or another thread was faster
    }
    if (!entered) {
      limits_->Rejected();
      spdlog::debug("<{} too many open connections", fd);
      Refuse({fd, listener_->TlsOf(listening), PeerAddress(peer)});
      continue;
    }
    limits_->Accepted();
    // Also on the listening socket, where Linux lets connections inherit it; not all kernels do.
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    on_connection_({fd, listener_->TlsOf(listening), PeerAddress(peer)});
  }
}

}  // namespace overtake
