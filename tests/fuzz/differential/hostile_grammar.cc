// What no client sends.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/differential/grammar.h"

namespace overtake::tests {
namespace {

constexpr size_t kLongestLine = 2048;      // that memcached waits for the end of
constexpr size_t kReadBuffer = 16 * 1024;  // memcached's, which a line must fit into

size_t BytesOf(const Command& command) {
  size_t bytes = 0;
  for (const Piece& piece : command.pieces) bytes += piece.text.size() + (piece.cas ? 20 : 0);
  return bytes;
}

// Whether it may be a meta command with this flag, which is given with the space before it.
bool HasFlag(const Command& command, std::string_view flag) {
  std::string line;
  for (const Piece& piece : command.pieces) line += piece.text;
  line.resize(std::min(line.find('\n'), line.size()));
  return line.find('m') < 3 && line.find(flag) != std::string::npos;
}

// Whether a CAS unique, which is another one for each server, may have become the length of a data
// block: what is before it has lost words.
bool MayTellLength(const Command& command) {
  const std::string& begin = command.pieces[0].text;
  const auto words = std::count(begin.begin(), begin.end(), ' ');
  return std::any_of(command.pieces.begin(), command.pieces.end(), [&](const Piece& piece) {
    return piece.cas && words < (&piece == &command.pieces[0] ? 5 : 2);
  });
}

// Whether it has a number that, as an exptime, memcached 1.6.18 cuts to 32 bits.
bool MayBeBeyond2038(const Command& command) {
  for (const Piece& piece : command.pieces) {
    std::string_view rest = piece.text;
    while (!rest.empty()) {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
      if (error == std::errc() && std::abs(number) > INT32_MAX) return true;
      rest.remove_prefix(std::max<size_t>(static_cast<size_t>(end - rest.data()), 1));
    }
  }
  return false;
}

// memcached 1.6.18 ends a line at a NUL, later versions do not.
void RemoveNuls(std::string* text) { std::replace(text->begin(), text->end(), '\0', '\1'); }

}  // namespace

Phrase Grammar::Hostile() {
  using Rule = Phrase (Grammar::*)();
  constexpr Rule kRules[] = {&Grammar::Mutation,    &Grammar::Mutation,   &Grammar::Mutation,
                             &Grammar::Lie,         &Grammar::Lie,        &Grammar::CutShort,
                             &Grammar::LongLine,    &Grammar::ManyTokens, &Grammar::ManyKeys,
                             &Grammar::OverlongKey, &Grammar::JunkLine,   &Grammar::Http,
                             &Grammar::Injection,   &Grammar::Injection};
  Phrase phrase;
  do {
    phrase = (this->*random_->Of(kRules))();
    // memcached 1.6.18 does not know these yet.
  } while (HasFlag(phrase.command, " x") || HasFlag(phrase.command, " E"));
  return phrase;
}

// A command with some bytes changed, left out or doubled.
Phrase Grammar::Mutation() {
  Phrase phrase = Ordinary();
  // What counts is placed with care, and long words become longer than a key or a line may be.
  // Of a key in base64 it could ask what the vocabulary rules out.
  while (!phrase.counts.empty() || BytesOf(phrase.command) > 200 || HasFlag(phrase.command, " b")) {
    phrase = Ordinary();
  }
  phrase.unsafe = true;
  phrase.first = true;
  const size_t changes = random_->Between(1, 3);
  for (size_t i = 0; i < changes; ++i) {
    const size_t chosen = random_->Below(phrase.command.pieces.size());
    std::string& text = phrase.command.pieces[chosen].text;
    if (text.empty()) continue;
    const size_t at = random_->Below(text.size());
    constexpr std::string_view kBytes("\r\n\t 019-+\x7f\x80\xff");
    switch (random_->Below(5)) {
      case 0:
        text[at] = random_->Of(kBytes);
        break;
      case 1:
        text.insert(at, 1, random_->Of(kBytes));
        break;
      case 2:
        text.erase(at, random_->Between(1, 4));
        break;
      case 3:
        text.insert(at, text.substr(at, random_->Between(1, 10)));
        break;
      default:
        text.insert(at, " " + words_->Number() + " ");
        break;
    }
  }
  // The words of the next line would be flags, which the vocabulary cannot rule out.
  std::string& end = phrase.command.pieces.back().text;
  if (HasFlag(phrase.command, "") && !end.ends_with('\n')) end += '\n';
  for (Piece& piece : phrase.command.pieces) RemoveNuls(&piece.text);
  if (MayTellLength(phrase.command) || MayBeBeyond2038(phrase.command)) return Mutation();
  // The binary protocol's first byte is no text.
  std::string& text = phrase.command.pieces[0].text;
  if (text.starts_with('\x80')) text[0] = 'g';
  return phrase;
}

// A data block that is longer or shorter than was said.
Phrase Grammar::Lie() {
  const std::string value = words_->NumericValue();
  const size_t lengths[] = {value.size() + 1,
                            value.size() + 2,
                            value.size() + 10,
                            0,
                            1,
                            value.size() - std::min<size_t>(value.size(), 2),
                            1000,
                            100'000,
                            1'048'510,
                            2'000'000};
  const std::string length = std::to_string(random_->Of(lengths));
  constexpr std::string_view kNames[] = {"set", "append", "replace"};
  const std::string line = random_->OneIn(3) ? "ms " + words_->Key() + " " + length
                                             : std::string(random_->Of(kNames)) + " " +
                                                   words_->Key() + " 0 0 " + length + Noreply();
  return {.command = Command::Text(line + "\r\n" + value + "\r\n"), .first = true, .unsafe = true};
}

// A command that ends early.
Phrase Grammar::CutShort() {
  Phrase phrase = random_->OneIn(2) ? Storage() : MetaSet();
  std::string& text = phrase.command.pieces.back().text;
  text.resize(random_->Below(std::min<size_t>(text.size(), 1500)));
  phrase.first = phrase.final = phrase.unsafe = true;
  return phrase;
}

// Lines around the length at which memcached stops waiting for their end, with it and without.
Phrase Grammar::LongLine() {
  const size_t lengths[] = {kLongestLine - 1, kLongestLine,    kLongestLine + 1, 3000,
                            10'000,           kReadBuffer - 2, 2 * kReadBuffer,  2'000'000};
  constexpr std::string_view kBegins[] = {"", "set ", "delete ", "ms ", "getx ", "  "};
  std::string line(random_->Of(kBegins));
  const size_t length = random_->OneIn(10) ? random_->Of(lengths) : lengths[random_->Below(6)];
  line.resize(length, random_->OneIn(2) ? 'x' : ' ');
  // Without an end it is closed whatever else comes, and with one it must come in one piece.
  if (length <= kReadBuffer && random_->OneIn(2)) line += "\r\n";
  return {.command = Command::Text(line), .first = true, .final = true, .unsafe = true};
}

// More words than any command has.
Phrase Grammar::ManyTokens() {
  constexpr std::string_view kBegins[] = {
      "set key1",       "delete key1", "incr key1",   "mg key1",    "ms key1 2",
      "md key1",        "stats",       "flush_all 0", "touch key1", "verbosity",
      "cas key1 0 0 1", "x",           "me key1",     "version"};
  std::string line(random_->Of(kBegins));
  size_t words = random_->OneIn(4) ? random_->Between(100, 900) : random_->Between(5, 40);
  // As many as memcached 1.6.18 takes.
  if (line.starts_with("ms")) words = std::min<size_t>(words, 16);
  constexpr std::string_view kWords[] = {" 0", " x", " 1", " v", " k"};
  const std::string_view word = random_->Of(kWords);
  for (size_t i = 0; i < words; ++i) line += word;
  return {.command = Command::Text(line + "\r\n"), .first = true, .unsafe = true};
}

// A multiget of thousands of keys, seldom of 2 MB.
Phrase Grammar::ManyKeys() {
  Phrase phrase;
  std::string line = random_->OneIn(2) ? "get" : "gets";
  const std::string key = words_->Key();
  const size_t bytes = random_->OneIn(100) ? 2'000'000 : random_->Between(3000, 100'000);
  const bool hits = random_->OneIn(4) && bytes < 20'000;
  while (line.size() < bytes) line += " " + (hits ? key : words_->AbsentKey());
  return {.command = Command::Text(line + "\r\n"), .reads = {key}, .first = true};
}

// Alone: memcached counts keys before it, which get no reply.
Phrase Grammar::OverlongKey() {
  const std::string key = words_->OverlongKey();
  const std::string lines[] = {"get " + key,

                               "gets " + key,
                               "gat 0 " + key,
                               "set " + key + " 0 0 1\r\nx",
                               "delete " + key,
                               "incr " + key + " 1",
                               "touch " + key + " 0",
                               "cas " + key + " 0 0 1 1\r\nx",
                               "mg " + key + " v",
                               "ms " + key + " 1\r\nx",
                               "md " + key,
                               "ma " + key,
                               "me " + key};
  return {.command = Command::Text(random_->Of(lines) + "\r\n"), .first = true};
}

Phrase Grammar::JunkLine() {
  std::string line = words_->Junk(random_->Between(1, 200)) + "\n";
  RemoveNuls(&line);
  if (line.starts_with('\x80')) line[0] = 'x';
  return {.command = Command::Text(line), .unsafe = true};
}

// A storage line with something wrong in it, before a data block that others would take for
// commands.
Phrase Grammar::Injection() {
  constexpr std::string_view kBlocks[] = {"flush_all",        "get key1",     "mn\r\n\r\n\n",
                                          "delete key1",      "quit",         "set key1 x 0 1\r\nx",
                                          "ms key1 1 z\r\nx", "\r\n\r\nquit", "GET / HTTP/1.1"};
  constexpr std::string_view kNames[] = {"set", "add", "replace", "append", "prepend", "cas", "ms"};
  constexpr std::string_view kWrong[] = {"x", "-1", "1x", "18446744073709551616"};
  const std::string block(random_->Of(kBlocks));
  const std::string length = std::to_string(block.size());
  const std::string key = random_->OneIn(3) ? words_->OverlongKey() : words_->Key();
  const auto number = [&] { return random_->OneIn(2) ? "0" : std::string(random_->Of(kWrong)); };
  std::string line(random_->Of(kNames));
  if (line == "add" && !words_->adds) line = "set";
  if (line == "ms") {
    constexpr std::string_view kFlags[] = {" T", " z", " c c", " b", " MX", " Fx q", " q", " \xff"};
    line += " " + key + " " + length + std::string(random_->Of(kFlags));
  } else {
    const std::string unique = line == "cas" ? " " + number() : "";
    line += " " + key + " " + number() + " " + number() + " " + length + unique;
    if (random_->OneIn(4)) line += " surplus words";
    line += Noreply();
  }
  return {.command = Command::Text(line + "\r\n" + block + "\r\n"), .has_data = true};
}

Phrase Grammar::Http() {
  constexpr std::string_view kLines[] = {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                         "POST /x HTTP/1.0\r\n\r\n", "PUT x HTTP/\r\n",
                                         "get / HTTP/1.1\r\n", "HEAD HTTP/2 HTTP/1.1\r\n"};
  return {
      .command = Command::Text(std::string(random_->Of(kLines))), .first = true, .unsafe = true};
}

}  // namespace overtake::tests
