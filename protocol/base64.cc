#include "protocol/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace overtake {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kForeign = 0xff;

// What each byte stands for; padding counts as zero bits.
constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) value = kForeign;
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  values['='] = 0;
  return values;
}();

uint8_t ValueOf(char c) { return kValues[static_cast<uint8_t>(c)]; }

}  // namespace

size_t DecodeBase64(std::string_view text, char* out) {
  const auto own =
      std::count_if(text.begin(), text.end(), [](char c) { return ValueOf(c) != kForeign; });
  if (own % 4 != 0) return 0;
  char* at = out;
  uint32_t group = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    if (ValueOf(c) == kForeign) continue;
    group = group << 6 | ValueOf(c);
    if (c == '=') ++padding;
    if (++digits < 4) continue;
    if (padding > 2) return 0;
    *at++ = static_cast<char>(group >> 16);
    if (padding < 2) *at++ = static_cast<char>(group >> 8);
    if (padding > 0) break;
    *at++ = static_cast<char>(group);
    group = 0;
    digits = 0;
  }
  return static_cast<size_t>(at - out);
}

char* EncodeBase64(std::string_view bytes, char* out) {
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(bytes.size() - i, 3);
    uint32_t group = 0;
    for (size_t n = 0; n < 3; ++n) {
      group = group << 8 | (n < left ? static_cast<uint8_t>(bytes[i + n]) : 0U);
    }
    *out++ = kAlphabet[group >> 18 & 63];
    *out++ = kAlphabet[group >> 12 & 63];
    *out++ = left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    *out++ = left > 2 ? kAlphabet[group & 63] : '=';
  }
  return out;
}

}  // namespace overtake
