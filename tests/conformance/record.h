// Asks a live server what it replies.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/corpus.h"

namespace overtake::tests {

// A reply to a whole stream, in the form of reply_text.h.
struct Reply {
  std::vector<std::string> after;  // everything received after each segment
  bool closed = false;             // by the server, at the end

  bool operator==(const Reply&) const = default;
};

// A key prefix that this process never used before.
std::string NewPrefix();

// Sends the streams, on a connection each, segment by segment, to the server at `port`: hundreds at
// once, those that affect others one by one. A segment's reply is complete when all connections
// have been silent for a while.
std::vector<Reply> Record(int port, const std::vector<const Stream*>& streams);

}  // namespace overtake::tests
