// How a connection's bytes travel: as they are, or under TLS.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/types/span.h"
#include "dispatch/roles/tls_session.h"

namespace overtake {

// The way in and out of one non-blocking socket, which it does not own. Its
// reader's thread, or the worker's that has its job.
// Plain bytes go straight to the system call: TLS costs connections without it one branch.
class Transport {
 public:
  // `tls` null: plain.
  explicit Transport(int fd, std::unique_ptr<TlsSession> tls = nullptr)
      : fd_(fd), tls_(std::move(tls)) {}

  // Receives at most `room` bytes, which must not be 0, to `to`.
  TransferResult Receive(char* to, size_t room) {
    if (tls_ != nullptr) return tls_->Receive(to, room);
    ssize_t got;
    do {
      got = recv(fd_, to, room, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
      const auto bytes = static_cast<size_t>(got);
      return {Transfer::kSome, bytes, /*exhausted=*/bytes < room};
    }
    if (got == 0) return {Transfer::kEnded, 0, /*exhausted=*/true};
    const bool blocked = errno == EAGAIN || errno == EWOULDBLOCK;
    return {blocked ? Transfer::kBlocked : Transfer::kFailed, 0, /*exhausted=*/true};
  }

  // Sends of `pieces`, which hold `bytes` bytes in all, as much as goes now. After kBlocked the
  // next call must begin with the same bytes, and have as many of them at least.
  TransferResult Send(absl::Span<iovec> pieces, size_t bytes) {
    if (tls_ != nullptr) return tls_->Send(pieces);
    ssize_t sent;
    do {
      if (pieces.size() == 1) {
        sent = send(fd_, pieces[0].iov_base, bytes, MSG_NOSIGNAL);
      } else {
        msghdr message = {};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
      }
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
      const auto done = static_cast<size_t>(sent);
      return {Transfer::kSome, done, /*exhausted=*/done < bytes};
    }
    const bool blocked = errno == EAGAIN || errno == EWOULDBLOCK;
    return {blocked ? Transfer::kBlocked : Transfer::kFailed, 0, /*exhausted=*/true};
  }

  int fd() const { return fd_; }

  // Nothing was agreed with the client yet: what it sends costs the reader far more than a request.
  bool handshaking() const { return tls_ != nullptr && !tls_->established(); }

  // Before the socket is closed: says so where the client would otherwise suspect an attack.
  void Close() {
    if (tls_ != nullptr) tls_->Close();
  }

 private:
  const int fd_;
  const std::unique_ptr<TlsSession> tls_;
};

}  // namespace overtake
