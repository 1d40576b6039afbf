#include "protocol/number.h"

#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace overtake {
namespace {

template <typename Number>
bool ParseDigits(std::string_view text, Number* out) {
  constexpr size_t kMaxBytes = sizeof(Number) == sizeof(uint32_t) ? 11 : 22;
  if (text.size() > kMaxBytes) return false;
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [read_to, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || read_to != end) return false;
  *out = number;
  return true;
}

// isspace() of the C locale.
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct Scan {
  bool negative = false;
  bool valid = false;  // digits were there, their value fits, and nothing foreign follows
  uint64_t magnitude = 0;
};

Scan ScanDecimal(std::string_view text) {
  Scan scan;
  size_t at = 0;
  while (at < text.size() && IsSpace(text[at])) ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    scan.negative = text[at] == '-';
    ++at;
  }
  const size_t first_digit = at;
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    const uint64_t digit = static_cast<uint64_t>(text[at] - '0');
    if (scan.magnitude > (kMax - digit) / 10) return scan;
    scan.magnitude = scan.magnitude * 10 + digit;
  }
  scan.valid = at != first_digit && (at == text.size() || IsSpace(text[at]) || text[at] == '\0');
  return scan;
}

}  // namespace

bool ParseInt32(std::string_view text, int32_t* out) { return ParseDigits(text, out); }
bool ParseUint32(std::string_view text, uint32_t* out) { return ParseDigits(text, out); }
bool ParseUint64(std::string_view text, uint64_t* out) { return ParseDigits(text, out); }

bool ParseLenientInt64(std::string_view text, int64_t* out) {
  const Scan scan = ScanDecimal(text);
  const uint64_t limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) +
                         static_cast<uint64_t>(scan.negative);
  if (!scan.valid || scan.magnitude > limit) return false;
  *out = static_cast<int64_t>(scan.negative ? 0 - scan.magnitude : scan.magnitude);
  return true;
}

bool ParseLenientUint64(std::string_view text, uint64_t* out) {
  const Scan scan = ScanDecimal(text);
  if (!scan.valid) return false;
  const uint64_t value = scan.negative ? 0 - scan.magnitude : scan.magnitude;
  if (scan.negative && (value >> 63) != 0) return false;
  *out = value;
  return true;
}

bool ParseLenientUint32(std::string_view text, uint32_t* out) {
  uint64_t wide = 0;
  if (!ParseLenientUint64(text, &wide)) return false;
  *out = static_cast<uint32_t>(wide);
  return true;
}

}  // namespace overtake
