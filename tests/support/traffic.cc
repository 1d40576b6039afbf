#include "tests/support/traffic.h"

#include <cstdlib>

namespace overtake::tests {
namespace {

// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
uint64_t Next(uint64_t* state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

constexpr size_t kHeaderBytes = 40;

}  // namespace

std::string Pattern(uint64_t seed, size_t size) {
  std::string bytes;
  bytes.reserve(size + sizeof(uint64_t));
  while (bytes.size() < size) {
    const uint64_t word = Next(&seed);
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

std::string SelfDescribing(uint64_t seed, size_t size) {
  const size_t body = size > kHeaderBytes ? size - kHeaderBytes : 0;
  std::string header = "v" + std::to_string(seed) + " " + std::to_string(body);
  header.resize(kHeaderBytes, ' ');
  return header + Pattern(seed, body);
}

bool IsIntact(std::string_view value) {
  if (value.size() < kHeaderBytes) return false;
  const std::string header(value.substr(0, kHeaderBytes));
  const uint64_t seed = std::strtoull(header.c_str() + 1, nullptr, 10);
  return value == SelfDescribing(seed, value.size());
}

std::string SetRequest(const std::string& key, std::string_view value, unsigned flags,
                       const std::string& exptime) {
  std::string request = "set " + key + " " + std::to_string(flags) + " " + exptime + " " +
                        std::to_string(value.size()) + "\r\n";
  request.append(value);
  return request + "\r\n";
}

std::string ValueReply(const std::string& key, std::string_view value, unsigned flags) {
  std::string reply =
      "VALUE " + key + " " + std::to_string(flags) + " " + std::to_string(value.size()) + "\r\n";
  reply.append(value);
  return reply + "\r\n";
}

}  // namespace overtake::tests
