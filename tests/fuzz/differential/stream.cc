#include "tests/fuzz/differential/stream.h"

#include "tests/support/printable.h"

namespace overtake::tests {

std::string Step::Render(const CasBook& book, CasBook::Side side) const {
  std::string bytes;
  for (const Command& command : commands) {
    for (const Piece& piece : command.pieces) {
      bytes += piece.text;
      if (!piece.cas.has_value()) continue;
      bytes += std::to_string(book.Find(side, piece.cas->key, piece.cas->older));
    }
  }
  return bytes;
}

size_t Stream::commands() const {
  size_t count = 0;
  for (const Step& step : steps) count += step.commands.size();
  return count;
}

std::string Describe(const Stream& stream) {
  std::string text;
  if (stream.fresh_servers) text += "(with fresh servers)\n";
  for (const Step& step : stream.steps) {
    text += "connection " + std::to_string(step.connection);
    if (!step.cuts.empty()) text += ", cut at";
    for (const size_t cut : step.cuts) text += " " + std::to_string(cut);
    text += ":\n";
    for (const Command& command : step.commands) {
      text += "  ";
      for (const Piece& piece : command.pieces) {
        text += Printable(piece.text);
        if (!piece.cas.has_value()) continue;
        text += piece.cas->older ? "{older cas of " : "{cas of ";
        text += Printable(piece.cas->key) + "}";
      }
      text += "\n";
    }
    if (step.last) text += "  {half-close}\n";
  }
  return text;
}

}  // namespace overtake::tests
