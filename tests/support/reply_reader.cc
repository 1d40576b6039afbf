#include "tests/support/reply_reader.h"

#include <sstream>

namespace overtake::tests {

std::string ReplyReader::ReadLine() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!ReadMore()) return "";
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

bool ReplyReader::ReadItems(std::vector<Item>* items) {
  for (;;) {
    std::istringstream line(ReadLine());
    std::string word;
    line >> word;
    if (word == "END") return line.peek() == EOF;
    if (word != "VALUE") return false;
    Item item;
    size_t bytes = 0;
    if (!(line >> item.key >> item.flags >> bytes)) return false;
    line >> item.cas;
    while (buffer_.size() < bytes + 2) {
      if (!ReadMore()) return false;
    }
    if (buffer_.compare(bytes, 2, "\r\n") != 0) return false;
    item.value = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes + 2);
    items->push_back(item);
  }
}

}  // namespace overtake::tests
