// Replies taken apart: how tests read what a server says. (The bench has a scanner of its own,
// which counts values without keeping them, as fast as a load needs it; the fuzzers' forms are on
// top of this.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/raw_socket.h"

namespace overtake::tests {

// What stands between single spaces: between two of them, an empty word. At least one.
std::vector<std::string_view> WordsOf(std::string_view line);

// A line, and the data block that it announces if it is a VALUE or VA line.
struct ReplyLine {
  std::string_view text;   // without its end
  std::string_view block;  // with its end, as far as it is there
  bool whole = false;      // nothing of either is missing
};

// Takes the first one off the front of `*reply`, as far as it is there.
ReplyLine TakeReplyLine(std::string_view* reply);

// The value of a line of a reply to `stats`; "" if there is none.
std::string StatIn(std::string_view reply, std::string_view name);

struct Item {
  std::string key;
  std::string flags;
  std::string cas;  // "" after a plain get
  std::string value;
};

// Sends a get or gets, which no reply is still to come before, and reads its reply; nothing if that
// has any other form.
std::optional<std::vector<Item>> AskForItems(RawSocket* socket, std::string_view request);

}  // namespace overtake::tests
