#include "tests/support/conversation.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace overtake::tests {

bool Conversation::Pump() {
  if (closed_) return false;
  bool moved = false;
  if (sent_ < unsent_.size()) {
    // A peer that closed shows as a failed send, too; what it sent before can still be read.
    const size_t taken = socket_.SendWithoutBlocking(std::string_view(unsent_).substr(sent_));
    sent_ += taken;
    moved = taken > 0;
    if (sent_ == unsent_.size()) {
      unsent_.clear();
      sent_ = 0;
    }
  }
  char chunk[65536];
  for (;;) {
    const ssize_t got = recv(fd(), chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    moved = true;
    if (got <= 0) {
      closed_ = true;
      break;
    }
    received_.append(chunk, static_cast<size_t>(got));
  }
  return moved;
}

std::string Conversation::Backlog() const {
  int on_its_way = 0;
  ioctl(fd(), SIOCOUTQ, &on_its_way);
  return std::to_string(unsent_.size() - sent_) + " bytes unsent, " + std::to_string(on_its_way) +
         " on their way";
}

short Conversation::events() const {
  return static_cast<short>(POLLIN | (sent_ < unsent_.size() ? POLLOUT : 0));
}

}  // namespace overtake::tests
