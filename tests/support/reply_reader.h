// Replies to get and gets, taken apart by their lengths.
#pragma once

#include <string>
#include <vector>

#include "tests/support/raw_socket.h"

namespace overtake::tests {

struct Item {
  std::string key;
  std::string flags;
  std::string cas;  // "" after a plain get
  std::string value;
};

// Reads from one connection. It may have read more than was asked for: no other reads beside it.
class ReplyReader {
 public:
  explicit ReplyReader(RawSocket* socket) : socket_(socket) {}

  // A line without its end; "" if the connection ended or nothing came.
  std::string ReadLine();

  // Values up to END. False if the reply has any other form.
  bool ReadItems(std::vector<Item>* items);

 private:
  bool ReadMore() { return socket_->ReadMore(&buffer_, 4 * kGiveUp); }

  RawSocket* const socket_;
  std::string buffer_;
};

}  // namespace overtake::tests
