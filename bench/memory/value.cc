#include "bench/memory/value.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace overtake::bench {
namespace {

// A value is this head and this tail, as far as it has room for them, and `body` between them.
struct Pattern {
  std::array<char, 8> head;
  std::array<char, 8> tail;
  char body;
};

Pattern PatternOf(absl::string_view key, size_t bytes) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), bytes);
  Pattern pattern;
  std::memcpy(pattern.head.data(), &hash.low64, pattern.head.size());
  std::memcpy(pattern.tail.data(), &hash.high64, pattern.tail.size());
  pattern.body = static_cast<char>(hash.low64 >> 40);
  return pattern;
}

}  // namespace

void AppendValue(absl::string_view key, size_t bytes, std::string* out) {
  const Pattern pattern = PatternOf(key, bytes);
  const size_t head = std::min(bytes, pattern.head.size());
  const size_t tail = std::min(bytes - head, pattern.tail.size());
  out->append(pattern.head.data(), head);
  out->append(bytes - head - tail, pattern.body);
  out->append(pattern.tail.data(), tail);
}

bool IsValueOf(absl::string_view key, absl::string_view value) {
  const Pattern pattern = PatternOf(key, value.size());
  const size_t head = std::min(value.size(), pattern.head.size());
  const size_t tail = std::min(value.size() - head, pattern.tail.size());
  const absl::string_view body = value.substr(head, value.size() - head - tail);
  // A run of one byte is a text that equals itself shifted by one.
  const bool body_fits =
      body.empty() || (body.front() == pattern.body &&
                       std::memcmp(body.data(), body.data() + 1, body.size() - 1) == 0);
  return body_fits && std::memcmp(value.data(), pattern.head.data(), head) == 0 &&
         std::memcmp(value.data() + value.size() - tail, pattern.tail.data(), tail) == 0;
}

}  // namespace overtake::bench
