// Keys of which somebody has seen to it that they meet in one place of the log store's index: they
// cost each other their places, and nobody else anything.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "server/storage/geometry.h"
#include "server/storage/partition.h"
#include "server/storage/segment.h"
#include "tests/unit/server/storage/crafted_keys.h"
#include "tests/unit/server/storage/store_commands.h"

namespace overtake {
namespace {

constexpr uint64_t kMemory = 16 << 20;
constexpr uint64_t kSeed = 0x1234'5678'9ABC'DEF0;
constexpr Seconds kNow = 100;

struct Range {
  const char* name;
  uint32_t first;
  uint64_t count;
};

class CraftedKeysTest : public ::testing::TestWithParam<std::tuple<Range, bool>> {
 protected:
  static constexpr uint64_t kPartition = 5;
  // Of crafted keys fit, however they were made: at the table's end it is not many.
  static constexpr int kLeast = 64;

  CraftedKeysTest()
      : store_(MakeStore({.memory_bytes = kMemory, .evict = evict(), .hash_seed = kSeed})) {}

  static bool evict() { return std::get<bool>(GetParam()); }
  std::string CraftedKey() {
    const Range& range = std::get<Range>(GetParam());
    const uint64_t tag = range.first + random_() % range.count;
    return keys_.WithHash(random_() / partitions_ * partitions_ << 32 | kPartition << 32 | tag);
  }
  // Whether the key is one that crafted ones may cost its place: it is in the same partition.
  bool IsBeside(const std::string& key) const {
    return (XXH3_64bits_withSeed(key.data(), key.size(), kSeed) >> 32) % partitions_ == kPartition;
  }
  CommandResult Set(const std::string& key, Seconds expires = 0) {
    return SetItem(store_.get(), key, {.value = key, .expires = expires}, now_);
  }
  bool Holds(const std::string& key) {
    bool right = false;
    const Found found = store_->Get(key, now_, [&](const ItemView& item) {
      right = item.pieces.size() == 1 && item.pieces[0] == key;
    });
    return found == Found::kHit && right;
  }
  static std::string Other(int i) { return "other" + std::to_string(i); }

  const CraftedKeys keys_{kSeed};
  const uint64_t partitions_ =
      Geometry::For(kMemory, sizeof(Segment), sizeof(Partition) + sizeof(void*)).partitions;
  std::mt19937_64 random_{1};
  Seconds now_ = kNow;
  std::unique_ptr<Store> store_;
};

TEST_P(CraftedKeysTest, OthersAreStoredAndReadAsBefore) {
  constexpr int kOthers = 20'000;
  constexpr int kCrafted = 60'000;
  int others = 0;
  const auto set_other = [&] {
    const std::string key = Other(others++);
    const CommandResult result = Set(key);
    ASSERT_TRUE(result == CommandResult::kDone || IsBeside(key));
  };
  while (others < kOthers / 2) ASSERT_NO_FATAL_FAILURE(set_other());
  const uint64_t index_before = store_->Stats().hash_bytes;
  int stored = 0;
  for (int i = 0; i < kCrafted; ++i) {
    const std::string key = CraftedKey();
    const CommandResult result = Set(key);
    ASSERT_TRUE(result == CommandResult::kDone || (!evict() && result == CommandResult::kNoMemory));
    ASSERT_EQ(Holds(key), result == CommandResult::kDone);
    stored += result == CommandResult::kDone ? 1 : 0;
    if (others < kOthers && i % 5 == 0) {
      ASSERT_NO_FATAL_FAILURE(set_other());
    }
    const std::string other = Other(static_cast<int>(random_() % static_cast<size_t>(others)));
    ASSERT_TRUE(Holds(other) || IsBeside(other));
  }
  int lost = 0;
  for (int i = 0; i < others; ++i) {
    if (!Holds(Other(i))) {
      ASSERT_TRUE(IsBeside(Other(i)));
      ++lost;
    }
  }
  RecordProperty("lost_in_the_same_partition", lost);
  EXPECT_GE(stored, kLeast / 2);
  const StoreStats stats = store_->Stats();
  if (evict()) {
    EXPECT_EQ(stored, kCrafted);
    EXPECT_EQ(stats.items + stats.evictions, static_cast<uint64_t>(kCrafted + others));
  } else {
    EXPECT_EQ(stats.evictions, 0U);
  }
  // One partition's table at most is larger than its items ask for.
  EXPECT_LE(stats.hash_bytes, 2 * index_before + 56 * Geometry::kPageBytes);
}

TEST_P(CraftedKeysTest, ThoseThatAreAskedForStay) {
  std::vector<std::string> asked_for;
  for (int i = 0; i < 30; ++i) {
    asked_for.push_back(CraftedKey());
    ASSERT_EQ(Set(asked_for.back()), CommandResult::kDone);
    ASSERT_TRUE(Holds(asked_for.back()));
  }
  for (int i = 0; i < 40'000; ++i)
    ASSERT_TRUE(Set(CraftedKey()) == CommandResult::kDone || !evict());
  EXPECT_EQ(store_->Stats().evictions > 0, evict());
  int left = 0;
  for (const std::string& key : asked_for) left += Holds(key) ? 1 : 0;
  EXPECT_EQ(left, 30);
}

TEST_P(CraftedKeysTest, DeadOnesMakeWay) {
  int stored = 0;
  for (int i = 0; i < 35'000; ++i) stored += Set(CraftedKey(), now_ + 10) == CommandResult::kDone;
  EXPECT_GE(stored, kLeast);
  now_ += 10;
  const uint64_t before = store_->Stats().evictions;
  for (int i = 0; i < kLeast / 2; ++i) ASSERT_EQ(Set(CraftedKey()), CommandResult::kDone);
  EXPECT_EQ(store_->Stats().evictions, before);
  EXPECT_GT(store_->Stats().reclaimed, 0U);
  store_->FlushAll(0, now_);
  for (int i = 0; i < kLeast / 2; ++i) ASSERT_EQ(Set(CraftedKey()), CommandResult::kDone);
  EXPECT_EQ(store_->Stats().evictions, before);
}

TEST_P(CraftedKeysTest, TheyAreDeletedAndWalkedLikeAnyOther) {
  std::vector<std::string> made;
  for (int i = 0; i < 20'000; ++i) {
    made.push_back(CraftedKey());
    static_cast<void>(Set(made.back()));
  }
  uint64_t walked = 0;
  for (uint64_t place = 0; store_->Walk(&place, now_, [&](const ItemView&) { ++walked; });) {
  }
  EXPECT_EQ(walked, store_->Stats().items);
  for (const std::string& key : made) {
    const bool held = Holds(key);
    ASSERT_EQ(DeleteFrom(store_.get(), key, now_), held);
  }
  EXPECT_EQ(store_->Stats().items, 0U);
}

constexpr uint64_t kAll = uint64_t{1} << 32;
INSTANTIATE_TEST_SUITE_P(
    Ranges, CraftedKeysTest,
    ::testing::Combine(::testing::Values(Range{"OneTag", 0x7654'3210, 1},
                                         Range{"TheLastTag", UINT32_MAX, 1},
                                         Range{"A128th", 0x7654'3210, kAll / 128},
                                         Range{"ASixteenth", 0x7000'0000, kAll / 16},
                                         Range{"AQuarter", 0xC000'0000, kAll / 4},
                                         Range{"OnePartition", 0, kAll}),
                       ::testing::Bool()),
    [](const auto& param_info) {
      return std::string(std::get<0>(param_info.param).name) +
             (std::get<1>(param_info.param) ? "Evicting" : "Refusing");
    });

// The order of a walk follows from the hash.
std::vector<std::string> WalkOf(std::unique_ptr<Store> store) {
  for (int i = 0; i < 100; ++i) {
    const std::string key = std::to_string(i);
    EXPECT_EQ(SetItem(store.get(), key, {.value = "v"}, kNow), CommandResult::kDone);
  }
  std::vector<std::string> keys;
  for (uint64_t place = 0;
       store->Walk(&place, kNow, [&](const ItemView& item) { keys.emplace_back(item.key); });) {
  }
  return keys;
}

TEST(HashSeedTest, IsAnotherForEachStoreUnlessItIsGiven) {
  const auto make = [](std::optional<uint64_t> seed) {
    return WalkOf(MakeStore({.memory_bytes = kMemory, .hash_seed = seed}));
  };
  EXPECT_NE(make({}), make({}));
  EXPECT_EQ(make(7), make(7));
  EXPECT_NE(make(7), make(8));
}

}  // namespace
}  // namespace overtake
