#include "tests/support/conversation.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

namespace overtake::tests {

bool Conversation::Pump() {
  if (closed()) return false;
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
  while (socket_.ReceiveWithoutBlocking(&received_)) moved = true;
  return moved || closed();
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
