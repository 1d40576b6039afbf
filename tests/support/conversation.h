// One connection of many that a single thread drives.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/raw_socket.h"

namespace overtake::tests {

class Conversation {
 public:
  explicit Conversation(int port) : socket_(port) {}

  void Queue(std::string_view bytes) { unsent_ += bytes; }
  void HalfClose() { socket_.HalfClose(); }

  // Sends and receives what the kernel allows now. True if anything moved.
  bool Pump();

  // What to poll for, and on which descriptor.
  int fd() const { return socket_.fd(); }
  short events() const;

  // For messages: what has not been sent, and what the peer's kernel has not taken.
  std::string Backlog() const;

  bool all_sent() const { return closed() || sent_ == unsent_.size(); }
  // By the peer, after everything it sent.
  bool closed() const { return socket_.closed() || !socket_.connected(); }
  const std::string& received() const { return received_; }
  // Drops what was received so far.
  void ForgetReceived() { received_.clear(); }

 private:
  RawSocket socket_;
  std::string unsent_;
  size_t sent_ = 0;  // from the front of unsent_
  std::string received_;
};

}  // namespace overtake::tests
