// Streams of commands that two servers are to answer alike.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/differential/cas_book.h"

namespace overtake::tests {

// A CAS unique in a command: one that the server gave the key before, and 2^64-1 if it gave none.
struct CasUse {
  std::string key;
  bool older = false;  // the last but one that was seen, instead of the last
};

// Text, and a CAS unique behind it.
struct Piece {
  std::string text;
  std::optional<CasUse> cas;
};

// What is sent for one command, data block included. Whether it is a valid one is left open.
struct Command {
  std::vector<Piece> pieces;

  static Command Text(std::string text) { return {{{std::move(text), std::nullopt}}}; }
};

// Commands that are sent on one connection before anything is sent on another.
struct Step {
  size_t connection = 0;
  std::vector<Command> commands = {};
  // Where the bytes are cut when they are sent, ascending; what lies beyond their end does nothing.
  std::vector<size_t> cuts = {};
  // The client closes its half behind them, and the next step opens the connection anew. Otherwise
  // the step ends with a command whose reply is awaited.
  bool last = false;

  // The bytes to send, with the CAS uniques that this server gave.
  std::string Render(const CasBook& book, CasBook::Side side) const;
};

struct Stream {
  std::vector<Step> steps;
  bool fresh_servers = false;  // needs servers that never held an item

  size_t commands() const;
};

// Readable, in the escapes of the conformance corpus; long runs are shortened.
std::string Describe(const Stream& stream);

}  // namespace overtake::tests
