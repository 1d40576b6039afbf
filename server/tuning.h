// Commands that tune what this server has not: slabs and LRU lists.
#pragma once

#include <string_view>

namespace overtake {

// memcached's answers to `slabs <arguments>` and `lru <arguments>`, without "\r\n", from a server
// whose slab classes have no page to spare: tools go on as if they had tuned something.
std::string_view AnswerSlabs(std::string_view arguments);
std::string_view AnswerLru(std::string_view arguments);

// False, with *id untouched, when `text` is not the number of a slab class that memcached could
// have: 1 to 63.
bool ParseSlabClass(std::string_view text, int* id);

}  // namespace overtake
