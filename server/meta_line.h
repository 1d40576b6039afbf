// The line that a meta command answers with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

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
  // The flags O and k of the request, in their order: what every reply gives back. `key` is
  // decoded; if it came in base64 it goes so, followed by b.
  void Echo(const Request& request, std::string_view key);
  // One of them, if `flag` is one.
  void EchoFlag(std::string_view flag, const Request& request, std::string_view key);

  void EndLine() { Text("\r\n"); }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  // "VA", a length, a key of 250 bytes or 187 in base64, an opaque, seven numbers, three marks, and
  // the digits that ma gives back.
  static constexpr size_t kMaxBytes = 512;

  std::array<char, kMaxBytes> text_;
  size_t size_ = 0;
};

}  // namespace overtake
