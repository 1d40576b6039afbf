#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "server/storage/entry.h"

namespace overtake {
namespace {

class EntryTest : public ::testing::Test {
 protected:
  // Writes an item with this key and value, the rest as `shape` says.
  Entry Make(EntryShape shape, const std::string& key, const std::string& value,
             uint64_t explicit_cas = 0) {
    shape.key_bytes = key.size();
    shape.value_bytes = value.size();
    char* to = Entry::WriteHeader(shape, ItemState().WithAccess(7), explicit_cas, bytes_.data());
    std::memcpy(to, key.data(), key.size());
    if (shape.chunks == 0) std::memcpy(to + key.size(), value.data(), value.size());
    Entry entry(bytes_.data());
    EXPECT_EQ(entry.size(), Entry::SizeOf(shape));
    EXPECT_EQ(entry.key(), key);
    EXPECT_EQ(entry.value_bytes(), value.size());
    return entry;
  }

  alignas(8) std::array<char, 4096> bytes_;
};

TEST_F(EntryTest, WhatIsZeroTakesNoRoom) {
  const Entry entry = Make({.order = 1}, "key", "value");
  EXPECT_EQ(entry.size(), 11U + 3 + 5);
  EXPECT_EQ(entry.flags(), 0U);
  EXPECT_EQ(entry.expires(), 0U);
  EXPECT_EQ(entry.order(), 1U);
  EXPECT_EQ(entry.value(), "value");
  EXPECT_FALSE(entry.is_chunk());
  EXPECT_FALSE(entry.is_large());
  EXPECT_TRUE(entry.set_expires(0));
  EXPECT_FALSE(entry.set_expires(5));
}

TEST_F(EntryTest, EveryCombinationOfFields) {
  for (const uint64_t order : {1ULL, 0xFFFFFFULL, 0x1000000ULL, 0xFFFFFFFFULL, 0x100000000ULL,
                               0xFFFFFFFFFFFFULL, 0x1000000000000ULL, ~0ULL}) {
    for (int bits = 0; bits < 16; ++bits) {
      const uint32_t flags = bits & 1 ? 0xDEADBEEF : 0;
      const Seconds expires = bits & 2 ? 4'000'000'000 : 0;
      const bool explicit_cas = bits & 4;
      const size_t chunks = bits & 8 ? 3 : 0;
      const Entry entry = Make({.order = order,
                                .flags = flags,
                                .expires = expires,
                                .explicit_cas = explicit_cas,
                                .chunks = chunks},
                               "a key", "the value", 99);
      EXPECT_EQ(entry.order(), order);
      EXPECT_EQ(entry.flags(), flags);
      EXPECT_EQ(entry.expires(), expires);
      EXPECT_EQ(entry.explicit_cas(), explicit_cas ? 99U : 0U);
      EXPECT_EQ(entry.is_large(), chunks > 0);
      if (chunks == 0) {
        EXPECT_EQ(entry.value(), "the value");
        continue;
      }
      EXPECT_EQ(entry.chunks(), 3U);
      for (uint32_t i = 0; i < 3; ++i) entry.set_chunk(i, 1000 + i);
      for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(entry.chunk(i), 1000 + i);
      EXPECT_EQ(entry.key(), "a key");
      EXPECT_EQ(entry.order(), order);
    }
  }
}

TEST_F(EntryTest, Chunks) {
  char* const to = Entry::WriteChunkHeader(0x123456789ABCDEF0, 513, 5, bytes_.data());
  std::memcpy(to, "bytes", 5);
  const Entry chunk(bytes_.data());
  EXPECT_TRUE(chunk.is_chunk());
  EXPECT_EQ(chunk.chunk_hash(), 0x123456789ABCDEF0U);
  EXPECT_EQ(chunk.chunk_number(), 513U);
  EXPECT_EQ(chunk.chunk_bytes(), "bytes");
  EXPECT_EQ(chunk.size(), 25U);
}

TEST_F(EntryTest, ACopyIsTheSame) {
  const Entry entry = Make({.order = 5, .flags = 6, .expires = 8}, "key", "value");
  entry.set_state(entry.state().Used(1234));
  alignas(8) std::array<char, 4096> other;
  entry.CopyTo(other.data());
  const Entry copy(other.data());
  EXPECT_EQ(copy.value(), "value");
  EXPECT_EQ(copy.flags(), 6U);
  EXPECT_EQ(copy.state().word(), entry.state().word());
}

TEST(ItemStateTest, CountsUpToThreeAndRemembersTheTime) {
  ItemState state = ItemState().WithAccess(100);
  EXPECT_EQ(state.last_access(100), 100U);
  EXPECT_FALSE(state.fetched());
  for (uint32_t i = 1; i <= 5; ++i) {
    state = state.Used(100 + i);
    EXPECT_EQ(state.frequency(), std::min(i, 3U));
    EXPECT_EQ(state.last_access(1000), 100 + i);
  }
  EXPECT_TRUE(state.fetched());
  // A clock that is behind that of the last access.
  EXPECT_EQ(state.last_access(104), 105U);
  state = state.WithMarks(false, true, false);
  EXPECT_FALSE(state.fetched());
  EXPECT_TRUE(state.stale());
  EXPECT_FALSE(state.win_given());
  EXPECT_EQ(state.frequency(), 3U);
  // Beyond 24 bits of seconds.
  constexpr Seconds kLate = (1U << 24) + 50;
  EXPECT_EQ(state.Used(kLate).last_access(kLate + 10), kLate);
}

}  // namespace
}  // namespace overtake
