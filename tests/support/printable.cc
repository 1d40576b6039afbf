#include "tests/support/printable.h"

#include <cstdio>

namespace overtake::tests {

std::string Printable(std::string_view bytes, size_t limit) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i++) {
    if (bytes.size() > limit && i == limit / 2) {
      const size_t skipped = bytes.size() - limit;
      text += "...(" + std::to_string(skipped) + " bytes)...";
      i += skipped;
    }
    const auto c = static_cast<unsigned char>(bytes[i]);
    char escape[8];
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c < 0x20 || c >= 0x7f) {
      std::snprintf(escape, sizeof escape, "\\x%02x", c);
      text += escape;
    } else {
      text += static_cast<char>(c);
    }
  }
  return text;
}

}  // namespace overtake::tests
