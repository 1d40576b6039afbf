// Keys made for their hashes, as somebody makes them who knows the hash and its seed.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "xxhash.h"

namespace overtake {

// Of 8 bytes XXH3 makes a bijection: every hash has one key of 8 bytes (any bytes), found by
// undoing its steps (xxhash.h, XXH3_len_4to8_64b and XXH3_rrmxmx).
class CraftedKeys {
 public:
  explicit CraftedKeys(uint64_t seed) {
    const std::string any = "any key.";
    flip_ = Unmix(XXH3_64bits_withSeed(any.data(), any.size(), seed)) ^ Number(any);
  }

  std::string WithHash(uint64_t hash) const {
    const uint64_t number = Unmix(hash) ^ flip_;
    const uint64_t swapped = number << 32 | number >> 32;
    std::string key(sizeof(swapped), '\0');
    std::memcpy(key.data(), &swapped, sizeof(swapped));
    return key;
  }

 private:
  static constexpr uint64_t kPrime = 0x9FB21C651E98DF25ULL;

  static uint64_t Number(const std::string& key) {
    uint64_t swapped = 0;
    std::memcpy(&swapped, key.data(), sizeof(swapped));
    return swapped << 32 | swapped >> 32;
  }
  static uint64_t Rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }
  static uint64_t Unmix(uint64_t x) {
    uint64_t inverse =
        kPrime;  // of kPrime, modulo 2^64: each round doubles the bits that are right
    for (int i = 0; i < 6; ++i) inverse *= 2 - kPrime * inverse;
    x ^= x >> 28 ^ x >> 56;
    x *= inverse;
    x ^= (x >> 35) + 8;
    x *= inverse;
    // x ^ rot(x, 49) ^ rot(x, 24), done 64 times, is x.
    for (int i = 0; i < 63; ++i) x ^= Rotate(x, 49) ^ Rotate(x, 24);
    return x;
  }

  uint64_t flip_ = 0;
};

}  // namespace overtake
