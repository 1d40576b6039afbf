#include "dispatch/roles/writer.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "dispatch/roles/job.h"

namespace overtake {
namespace {

constexpr size_t kMaxPieces = 64;

ssize_t SendOnce(int fd, iovec* pieces, size_t count) {
  ssize_t sent;
  do {
    if (count == 1) {
      sent = send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message = {};
      message.msg_iov = pieces;
      message.msg_iovlen = count;
      sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    }
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace

Sent SendReply(const Connection& c, size_t max_bytes, ThreadStats* stats) {
  Reply& reply = c.job->reply;
  std::array<iovec, kMaxPieces> pieces;
  size_t sent_bytes = 0;
  while (!reply.empty()) {
    if (sent_bytes >= max_bytes) return Sent::kPart;
    size_t bytes = 0;
    const size_t count = reply.Gather(absl::MakeSpan(pieces), max_bytes - sent_bytes, &bytes);
    const ssize_t sent = SendOnce(c.fd, pieces.data(), count);
    if (sent < 0) {
      return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::kBlocked : Sent::kFailed;
    }
    c.job->wrote = true;
    stats->bytes_written.Add(static_cast<uint64_t>(sent));
    sent_bytes += static_cast<size_t>(sent);
    reply.Consume(static_cast<size_t>(sent));
    if (static_cast<size_t>(sent) < bytes) return Sent::kBlocked;
  }
  return Sent::kAll;
}

}  // namespace overtake
