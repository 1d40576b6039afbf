// Replies in a form in which two servers can be compared.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace overtake::tests {

struct ReplyText {
  std::string text;
  size_t settled = 0;    // bytes of `text` that further input cannot change
  std::string last_cas;  // the last CAS unique as the server wrote it
};

// Replaces what may differ between two right servers: the run's key prefix becomes {k}, a CAS
// unique becomes its number of first appearance (the same key and number again: the same name),
// VERSION loses its text, and in the replies to meta commands seconds that pass are rounded. In
// dumps times are left out. Values are skipped by their length, so that nothing is replaced in
// them.
ReplyText Normalize(std::string_view reply, std::string_view prefix);

}  // namespace overtake::tests
