// The commands that the parser knows: a row each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/line_parts.h"
#include "protocol/request.h"

namespace overtake {

enum class CommandClass : uint8_t {
  kRetrieval,  // has any number of keys (Request::keys); its line is not split into words
  kStorage,    // has an item, its value in a data block
  kMeta,       // has flags; ms a data block, too
  kPlain,
};

// Fills *request, whose command is set, from the words of a line (of a retrieval: none) and from
// `arguments`, all of it behind the name. Result and errors are ParseCommandLine's.
using CommandParser = std::optional<size_t>(const Tokens& words, std::string_view arguments,
                                            Request* request);

// One command, as far as the parser goes.
struct CommandSyntax {
  std::string_view name;  // as the protocol spells it
  Command command;
  CommandClass group;
  // A line has at least so many, the name included; more than the command knows are ignored. Of a
  // retrieval its parser knows.
  size_t least_words;
  CommandParser* parse;  // null: clients cannot ask for it
};

// Finds commands by name. Built by the compiler.
class CommandTable {
 public:
  // `rows`, of CommandSyntax or what is derived from it, must outlive the table. Several may be of
  // the same command, under other names: its own is the first.
  template <typename Row, size_t count>
  constexpr explicit CommandTable(const Row (&rows)[count]) {
    for (const Row& row : rows) Add(&row);
  }

  // Null if clients cannot ask for it. REQUIRES: name is not empty.
  constexpr const CommandSyntax* Find(std::string_view name) const {
    for (size_t i = SlotOf(name); by_name_[i] != nullptr; i = (i + 1) % kSlots) {
      if (IsSame(by_name_[i]->name, name)) return by_name_[i];
    }
    return nullptr;
  }
  constexpr const CommandSyntax& operator[](Command command) const {
    return *by_command_[static_cast<size_t>(command)];
  }

  // Whether each Command has a row.
  constexpr bool IsComplete() const {
    for (const CommandSyntax* row : by_command_) {
      if (row == nullptr) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kSlots = 128;  // at least one stays empty: there Find ends

  static constexpr size_t SlotOf(std::string_view name) {
    const auto byte = [name](size_t i) { return static_cast<unsigned char>(name[i]); };
    return (byte(0) + byte(name.size() - 1) * 4U + name.size() * 9U) % kSlots;
  }

  // Names are a few bytes long: to call memcmp would cost as much again.
  static constexpr bool IsSame(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }

  constexpr void Add(const CommandSyntax* row) {
    const CommandSyntax*& own = by_command_[static_cast<size_t>(row->command)];
    if (own == nullptr) own = row;
    if (row->parse == nullptr) return;
    size_t i = SlotOf(row->name);
    while (by_name_[i] != nullptr) i = (i + 1) % kSlots;
    by_name_[i] = row;
  }

  std::array<const CommandSyntax*, kSlots> by_name_{};
  std::array<const CommandSyntax*, kCommands> by_command_{};
};

}  // namespace overtake
