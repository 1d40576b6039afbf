// The line that a meta command answers with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/key_list.h"
#include "protocol/request.h"

namespace overtake {

// Collects a line; there is room for whatever one command can make it say.
class MetaLine {
 public:
  // "HD", "EN", ...: the line's beginning.
  explicit MetaLine(std::string_view status) { Text(status); }

  void Text(std::string_view text);
  void Number(uint64_t number);

  // A space and the flag, with its argument.
  void Flag(char letter);
  void Flag(char letter, uint64_t argument);
  void FlagT(uint32_t expires, uint32_t now);  // the seconds left, or -1 for ever
  // The key, in base64 if asked for.
  void Key(std::string_view key, bool base64);
  // Goes through the request's flags in their order: gives back O and k, as every reply does, and
  // calls `answer` with the letters of the others. `key` is decoded; if it came in base64 it goes
  // so, followed by b.
  template <typename Answer>
  void Flags(const Request& request, std::string_view key, const Answer& answer) {
    KeyList flags(request.text);
    std::string_view flag;
    while (flags.Next(&flag)) {
      if (flag[0] == 'k') {
        GiveBackKey(request, key);
      } else if (flag[0] == 'O') {
        Text(" ");
        Text(flag);
      } else {
        answer(flag[0]);
      }
    }
  }
  void Flags(const Request& request, std::string_view key) {
    Flags(request, key, [](char /*flag*/) {});
  }

  void EndLine() { Text("\r\n"); }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  void GiveBackKey(const Request& request, std::string_view key);

  // "VA", a length, a key of 250 bytes or 187 in base64, an opaque, seven numbers, three marks, and
  // the digits that ma gives back.
  static constexpr size_t kMaxBytes = 512;

  std::array<char, kMaxBytes> text_;
  size_t size_ = 0;
};

}  // namespace overtake
