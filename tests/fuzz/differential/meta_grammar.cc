// The meta commands. E, and x with md, are left out: memcached 1.6.18 does not know them.
#include <algorithm>
#include <utility>

#include "tests/fuzz/differential/grammar.h"

namespace overtake::tests {
namespace {

constexpr size_t kAnyNumber = 1000;

// The flags of one command. Each takes its turn in a random order.
class Flags {
 public:
  explicit Flags(Random* random) : random_(random) {}

  // With a probability of 1 in `n`.
  bool Maybe(size_t n, const std::string& flag) {
    if (!random_->OneIn(n)) return false;
    flags_.push_back({flag, {}});
    return true;
  }
  void Add(const std::string& flag) { flags_.push_back({flag, {}}); }
  void AddCas(const CasUse& use) { flags_.push_back({"C", use}); }

  // Seldom, what should not be there. At most `most` flags are left.
  void Spoil(size_t most) {
    constexpr std::string_view kUnknown[] = {"a",  "d",    "0",    "-",  "A",  "Z", "W",
                                             "X1", "\x7f", "\xff", "S5", "\t", "\r"};
    if (random_->OneIn(60)) Add(std::string(random_->Of(kUnknown)));
    if (random_->OneIn(60) && !flags_.empty()) flags_.push_back(random_->Of(flags_));
    if (random_->OneIn(200)) {
      for (const char letter : std::string_view("cfhklqstuvILPO0")) Add(std::string(1, letter));
    }
    if (flags_.size() > most) flags_.erase(flags_.begin(), flags_.end() - most);
  }

  // " c t C<cas unique> ..."
  void AppendTo(Command* command) {
    for (size_t i = flags_.size(); i > 1; --i) {
      std::swap(flags_[i - 1], flags_[random_->Below(i)]);
    }
    for (const Piece& flag : flags_) {
      command->pieces.push_back({(random_->OneIn(60) ? "  " : " ") + flag.text, flag.cas});
    }
  }

 private:
  Random* const random_;
  std::vector<Piece> flags_;
};

std::string Opaque(Random* random, bool may_be_long) {
  const size_t length =
      may_be_long && random->OneIn(10) ? random->Between(31, 40) : random->Below(8);
  std::string opaque = "O";
  for (size_t i = 0; i < length; ++i) opaque += static_cast<char>(random->Between(33, 126));
  return opaque;
}

// A CAS unique for C: what the server told, or what it cannot have told.
void MaybeCas(Random* random, const std::string& key, size_t n, Flags* flags) {
  if (!random->OneIn(n)) return;
  constexpr std::string_view kUniques[] = {
      "C0", "C18446744073709551615", "C18446744073709551616", "Cx", "C", "C-1"};
  if (random->OneIn(5)) return flags->Add(std::string(random->Of(kUniques)));
  flags->AddCas({key, random->OneIn(3)});
}

}  // namespace

Phrase Grammar::MetaGet() {
  const bool binary = random_->OneIn(5);
  const bool absent = !binary && random_->OneIn(8);
  const std::string key =
      binary ? words_->BinaryKey() : (absent ? words_->AbsentKey() : words_->Key());
  Flags flags(random_);
  if (binary) flags.Add("b");
  for (const char* flag : {"c", "f", "s", "t", "v", "u", "l"}) flags.Maybe(3, flag);
  flags.Maybe(6, "q");
  if (words_->looks_at_hits) flags.Maybe(3, "h");
  if (!binary || !words_->alters_binary) flags.Maybe(2, "k");
  // An opaque that is too long is found late by memcached: the item was touched and counted by
  // then.
  flags.Maybe(4, Opaque(random_, /*may_be_long=*/false));
  if (!absent && (!binary || words_->alters_binary)) flags.Maybe(6, "N" + words_->Exptime());
  flags.Maybe(6, "R" + words_->RecacheTime());
  flags.Maybe(6, "T" + words_->Exptime());
  flags.Spoil(kAnyNumber);
  Phrase phrase{.command = Command::Text("mg" + Space() + key), .reads = {key}};
  flags.AppendTo(&phrase.command);
  phrase.command.pieces.push_back({LineEnd(), {}});
  return phrase;
}

Phrase Grammar::MetaSet() {
  const bool binary = random_->OneIn(5);
  const std::string key = binary ? words_->BinaryKey() : words_->Key();
  const std::string value = words_->Value();
  Flags flags(random_);
  if (binary) flags.Add("b");
  flags.Maybe(6, "q");
  flags.Maybe(2, "c");
  if (!binary || !words_->alters_binary) flags.Maybe(2, "k");
  flags.Maybe(4, Opaque(random_, /*may_be_long=*/true));
  flags.Maybe(4, "F" + words_->Number());
  flags.Maybe(3, "T" + words_->Exptime());
  flags.Maybe(6, "I");
  MaybeCas(random_, key, 3, &flags);
  constexpr std::string_view kModes[] = {"MS", "MR", "MS", "MR", "Ms", "Mx", "M", "MSS", "Mset"};
  constexpr std::string_view kExtend[] = {"MA", "MP"};
  if (random_->OneIn(3)) {
    if (words_->adds && random_->OneIn(3)) {
      flags.Add("ME");
    } else if (random_->OneIn(2) && (!binary || words_->alters_binary)) {
      flags.Add(std::string(random_->Of(kExtend)));
    } else {
      flags.Add(std::string(random_->Of(kModes)));
    }
  }
  const bool bad_end = random_->OneIn(60);
  // memcached 1.6.18 knows fewer flags, and does not swallow the block behind more.
  constexpr size_t kMostFlags = 10;
  if (!bad_end) flags.Spoil(kMostFlags);
  Phrase phrase{.has_data = true};
  phrase.command = Command::Text("ms" + Space() + key + Space() + std::to_string(value.size()));
  flags.AppendTo(&phrase.command);
  // White space right behind the length would make it none.
  const std::string line_end = phrase.command.pieces.size() == 1 ? "\r\n" : LineEnd();
  phrase.command.pieces.push_back({line_end + value + (bad_end ? "xx" : "\r\n"), {}});
  return phrase;
}

Phrase Grammar::MetaDelete() {
  const bool binary = random_->OneIn(5);
  const std::string key = binary ? words_->BinaryKey() : words_->Key();
  Flags flags(random_);
  if (binary) flags.Add("b");
  flags.Maybe(6, "q");
  flags.Maybe(2, "k");
  flags.Maybe(4, Opaque(random_, /*may_be_long=*/true));
  flags.Maybe(2, "I");
  flags.Maybe(4, "T" + words_->Exptime());
  MaybeCas(random_, key, 3, &flags);
  flags.Spoil(kAnyNumber);
  Phrase phrase{.command = Command::Text("md" + Space() + key)};
  flags.AppendTo(&phrase.command);
  phrase.command.pieces.push_back({LineEnd(), {}});
  return phrase;
}

Phrase Grammar::MetaArithmetic() {
  const bool binary = words_->alters_binary && random_->OneIn(5);
  const std::string key = binary ? words_->BinaryKey() : words_->Key();
  Flags flags(random_);
  if (binary) flags.Add("b");
  // memcached 1.6.18 tells who asked for silence of an item that was made.
  if (!flags.Maybe(6, "q")) flags.Maybe(3, "N" + words_->Exptime());
  for (const char* flag : {"c", "t", "v"}) flags.Maybe(2, flag);
  if (!binary) flags.Maybe(2, "k");
  flags.Maybe(4, Opaque(random_, /*may_be_long=*/false));
  flags.Maybe(4, "J" + words_->Delta());
  constexpr std::string_view kModes[] = {"MI", "M+", "MD", "M-", "MD", "Mi", "Mincr", "Mx", "M"};
  if (random_->OneIn(2)) flags.Add(std::string(random_->Of(kModes)));
  // A T is lost where the number gets longer.
  if (flags.Maybe(5, "T" + words_->Exptime())) {
    flags.Add("D0");
  } else {
    flags.Maybe(2, "D" + words_->Delta());
  }
  MaybeCas(random_, key, 6, &flags);
  flags.Spoil(kAnyNumber);
  Phrase phrase{.command = Command::Text("ma" + Space() + key), .counts = key};
  flags.AppendTo(&phrase.command);
  phrase.command.pieces.push_back({LineEnd(), {}});
  return phrase;
}

Phrase Grammar::MetaDebug() {
  if (!words_->looks_at_hits) return MetaGet();
  const bool binary = !words_->alters_binary && random_->OneIn(4);
  const std::string key = binary ? words_->BinaryKey() + " b" : words_->Key();
  constexpr std::string_view kMore[] = {"", "", "", " x", " v b"};
  return {.command = Command::Text("me " + key + std::string(random_->Of(kMore)) + LineEnd())};
}

}  // namespace overtake::tests
