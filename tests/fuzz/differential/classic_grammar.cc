// The classic commands.
#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/fuzz/differential/grammar.h"
#include "tests/fuzz/differential/translation.h"

namespace overtake::tests {

namespace {

bool HasMinus(const Command& command) {
  const auto has_minus = [](const Piece& piece) {
    return piece.text.find('-') != std::string::npos;
  };
  return std::any_of(command.pieces.begin(), command.pieces.end(), has_minus);
}

}  // namespace

Phrase Grammar::Ordinary() {
  using Rule = Phrase (Grammar::*)();
  constexpr std::pair<Rule, size_t> kRules[] = {
      {&Grammar::Retrieval, 18}, {&Grammar::Storage, 16},   {&Grammar::Cas, 5},
      {&Grammar::Delete, 4},     {&Grammar::Arithmetic, 7}, {&Grammar::Touch, 4},
      {&Grammar::FlushAll, 1},   {&Grammar::Other, 3},      {&Grammar::MetaGet, 16},
      {&Grammar::MetaSet, 14},   {&Grammar::MetaDelete, 6}, {&Grammar::MetaArithmetic, 7},
      {&Grammar::MetaDebug, 3}};
  size_t weights = 0;
  for (const auto& [rule, weight] : kRules) weights += weight;
  for (;;) {
    size_t drawn = random_->Below(weights);
    const auto* chosen = std::begin(kRules);
    while (drawn >= chosen->second) drawn -= chosen++->second;
    const Phrase phrase = (this->*chosen->first)();
    if (!words_->counts_high || !HasMinus(phrase.command)) return phrase;
  }
}

std::string Grammar::LineEnd() {
  if (!random_->OneIn(20)) return "\r\n";
  constexpr std::string_view kEnds[] = {"\n", " \r\n", "   \n", "\t\r\n", "\r\r\n"};
  return std::string(random_->Of(kEnds));
}

std::string Grammar::Noreply() {
  if (!random_->OneIn(6)) return "";
  if (!random_->OneIn(8)) return " noreply";
  constexpr std::string_view kOthers[] = {" norepl", " noreplyx", " NOREPLY", " 0",
                                          " noreply noreply"};
  return std::string(random_->Of(kOthers));
}

std::string Grammar::Space() { return random_->OneIn(60) ? "   " : " "; }

Phrase Grammar::Retrieval() {
  Phrase phrase;
  constexpr std::string_view kGets[] = {"get", "get", "gets", "gets", "bget"};
  constexpr std::string_view kGats[] = {"gat", "gats"};
  std::string line;
  if (random_->OneIn(4)) {
    line = std::string(random_->Of(kGats)) + Space() + words_->Exptime();
  } else {
    line = random_->Of(kGets);
  }
  const size_t keys = random_->OneIn(3) ? random_->Between(2, 30) : 1;
  for (size_t i = 0; i < keys; ++i) {
    const std::string key = random_->OneIn(8) ? words_->AbsentKey() : words_->Key();
    if (line.size() + key.size() > 1900) break;
    line += Space() + key;
    phrase.reads.push_back(key);
  }
  // White space before the end belongs to the last key, which must not become too long: see
  // OverlongKey.
  const bool long_key = !phrase.reads.empty() && phrase.reads.back().size() > 248;
  phrase.command = Command::Text(line + (long_key ? "\r\n" : LineEnd()));
  return phrase;
}

Phrase Grammar::Storage() {
  constexpr std::string_view kNames[] = {"set", "set", "set", "replace", "append", "prepend"};
  std::string name(random_->Of(kNames));
  if (words_->adds && random_->OneIn(4)) name = "add";
  std::string value = words_->Value();
  std::string length = std::to_string(value.size());
  if (random_->OneIn(30)) length = "+" + length;
  if (random_->OneIn(30)) length = std::to_string(value.size() + (1ULL << 32));
  const std::string key = random_->OneIn(60) ? words_->OverlongKey() : words_->Key();
  const std::string line = name + Space() + key + Space() + words_->Number() + Space() +
                           words_->Exptime() + Space() + length + Noreply() + LineEnd();
  // What is taken for lines must be short, and complete.
  const bool hidden = HidesItsBlock(line);
  if (hidden) value = "x";
  const bool bad_end = !hidden && random_->OneIn(60);
  return {.command = Command::Text(line + value + (bad_end ? "xx" : "\r\n")), .has_data = true};
}

Phrase Grammar::Cas() {
  const std::string key = words_->Key();
  const std::string value = words_->Value();
  const std::string begin = "cas " + key + " " + words_->ValidNumber() + " " + words_->Exptime() +
                            " " + std::to_string(value.size()) + " ";
  const std::string end = Noreply() + LineEnd() + value + "\r\n";
  Phrase phrase{.has_data = true};
  if (random_->OneIn(10)) {
    constexpr std::string_view kUniques[] = {"0", "-1", "18446744073709551615",
                                             "x", "",   "18446744073709551616"};
    phrase.command = Command::Text(begin + std::string(random_->Of(kUniques)) + end);
  } else {
    phrase.command.pieces = {{begin, CasUse{key, random_->OneIn(4)}}, {end, {}}};
  }
  return phrase;
}

Phrase Grammar::Delete() {
  std::string line = "delete " + words_->Key();
  constexpr std::string_view kTimes[] = {" 0", " 1", " -1", " x", " 0 noreply", " 0 0"};
  line += random_->OneIn(8) ? std::string(random_->Of(kTimes)) : Noreply();
  return {.command = Command::Text(line + LineEnd())};
}

Phrase Grammar::Arithmetic() {
  const std::string key = words_->Key();
  const std::string name = random_->OneIn(2) ? "incr " : "decr ";
  return {.command = Command::Text(name + key + Space() + words_->Delta() + Noreply() + LineEnd()),
          .counts = key};
}

Phrase Grammar::Touch() {
  return {.command = Command::Text("touch " + words_->Key() + Space() + words_->Exptime() +
                                   Noreply() + LineEnd())};
}

Phrase Grammar::FlushAll() {
  constexpr std::string_view kNow[] = {"",         "",           " 0", " -1",  " -2147483648",
                                       " noreply", " 0 noreply", " x", " 0 0", " 0 0 0"};
  constexpr std::string_view kLater[] = {" 1000", " 2592000", " 2000000000", " 1000 noreply"};
  const std::string arguments(words_->flushes_later ? random_->Of(kLater) : random_->Of(kNow));
  return {.command = Command::Text("flush_all" + arguments + LineEnd())};
}

Phrase Grammar::Other() {
  constexpr std::string_view kLines[] = {"version",
                                         "version 1",
                                         "mn",
                                         "mn x",
                                         "verbosity 0",
                                         "verbosity 1",
                                         "verbosity",
                                         "verbosity x",
                                         "verbosity 0 noreply",
                                         "verbosity 0 0",
                                         "stats",
                                         "stats settings",
                                         "stats reset",
                                         "stats items",
                                         "stats slabs",
                                         "debugtime 1",
                                         "",
                                         " ",
                                         "get",
                                         "gets ",
                                         "gat",
                                         "gat 0",
                                         "gat x key1",
                                         "set",
                                         "set key1",
                                         "set key1 0",
                                         "set key1 0 0",
                                         "set key1 0 0 x",
                                         "set key1 0 0 -1",
                                         "set key1 0 0 4294967295",
                                         "set key1 0 0 2147483646",
                                         "set key1 0 0 2147483647",
                                         "cas key1 0 0 -1 1",
                                         "incr",
                                         "incr key1",
                                         "incr key1 1 2 3",
                                         "decr",
                                         "delete",
                                         "touch",
                                         "touch key1",
                                         "touch key1 x",
                                         "ERROR",
                                         "quitx",
                                         "Get key1",
                                         "GETS key1",
                                         "g",
                                         "ge",
                                         "m",
                                         "mx key1",
                                         "mg",
                                         "ms",
                                         "md",
                                         "ma",
                                         "me",
                                         "ms key1",
                                         "ms key1 x",
                                         "ms key1 -1",
                                         "ms key1 4294967295",
                                         "noreply",
                                         "get key1 noreply",
                                         "  get key1",
                                         "\tget key1",
                                         "get\tkey1",
                                         "get  ",
                                         "add",
                                         "replace x"};
  return {.command = Command::Text(std::string(random_->Of(kLines)) + LineEnd())};
}

}  // namespace overtake::tests
