// The line that a meta command answers with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
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
  void Flags(const Request& request, std::string_view key, absl::FunctionRef<void(char)> answer);
  void Flags(const Request& request, std::string_view key) {
    Flags(request, key, [](char) {});
  }

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
