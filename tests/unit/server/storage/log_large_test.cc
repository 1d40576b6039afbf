// Large items, nearly as many as fit, overwritten, grown and deleted for long: the log store must
// neither refuse nor evict what there is room for.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/server/storage/store_commands.h"

namespace overtake {
namespace {

constexpr Seconds kNow = 100;

struct Load {
  const char* name;
  uint64_t memory;
  size_t least;  // bytes of a value; sizes in between are as frequent as their logarithm says
  size_t most;
  size_t small_percent;  // of the items: 50 to 1,000 bytes
  size_t full_percent;   // of the memory: all values together
};

class LargeItemsTest : public ::testing::TestWithParam<std::tuple<Load, bool>> {
 protected:
  void SetUp() override { store_ = MakeStore({.memory_bytes = load_.memory, .evict = evict_}); }
  size_t AnySize() {
    if (random_() % 100 < load_.small_percent) return 50 + random_() % 950;
    std::uniform_real_distribution<double> exponent(std::log(load_.least), std::log(load_.most));
    return std::clamp(static_cast<size_t>(std::exp(exponent(random_))), load_.least, load_.most);
  }
  // As many values as fill the memory as far as the load says.
  void Fill() {
    size_t bytes = 0;
    while (true) {
      const size_t size = AnySize();
      if (bytes + size > load_.memory * load_.full_percent / 100) break;
      bytes += size;
      sizes_.push_back(size);
      ASSERT_TRUE(Set(sizes_.size() - 1));
    }
  }
  static std::string Key(size_t i) { return "k" + std::to_string(i); }
  static char ByteOf(size_t i) { return static_cast<char>('a' + i % 26); }
  bool Set(size_t i) {
    const std::string key = Key(i);
    const std::string value(sizes_[i], ByteOf(i));
    return SetItem(store_.get(), key, {.value = value}, kNow) == CommandResult::kDone;
  }
  bool IsWhole(size_t i) {
    size_t bytes = 0;
    bool right = true;
    store_->Get(Key(i), kNow, [&](const ItemView& item) {
      for (const std::string_view piece : item.pieces) {
        bytes += piece.size();
        right &= piece.find_first_not_of(ByteOf(i)) == std::string_view::npos;
      }
    });
    return right && bytes == sizes_[i];
  }
  void ExpectAllHeld() {
    size_t held = 0;
    for (size_t i = 0; i < sizes_.size(); ++i) held += IsWhole(i) ? 1 : 0;
    EXPECT_EQ(held, sizes_.size());
    EXPECT_EQ(store_->Stats().evictions, 0U);
  }
  double UnwrittenPercent() const {
    return 100.0 * static_cast<double>(store_->Stats().log.unwritten_bytes) /
           static_cast<double>(load_.memory);
  }
  // Bytes that overwriting writes: the memory so many times.
  template <typename Do>
  void Repeat(size_t times, Do act) {
    for (uint64_t bytes = 0; bytes < times * load_.memory;) {
      const size_t i = random_() % sizes_.size();
      bytes += sizes_[i];
      act(i);
    }
  }

  const Load load_ = std::get<0>(GetParam());
  const bool evict_ = std::get<1>(GetParam());
  std::mt19937_64 random_{1};
  std::unique_ptr<Store> store_;
  std::vector<size_t> sizes_;
};

TEST_P(LargeItemsTest, OverwrittenAtRandom) {
  Fill();
  int refused = 0;
  Repeat(10, [&](size_t i) { refused += Set(i) ? 0 : 1; });
  EXPECT_EQ(refused, 0);
  ExpectAllHeld();
  EXPECT_LT(UnwrittenPercent(), 4);
}

TEST_P(LargeItemsTest, TouchedAppendedToAndDeleted) {
  Fill();
  int refused = 0;
  Repeat(6, [&](size_t i) {
    const std::string key = Key(i);
    switch (random_() % 4) {
      case 0:
        refused += Set(i) ? 0 : 1;
        break;
      case 1:
        refused += TouchIn(store_.get(), key, kNow + 1'000, kNow) ? 0 : 1;
        break;
      case 2: {
        // What is appended is taken away again by the next overwrite; the whole stays the size.
        sizes_[i] -= 7;
        refused += Set(i) ? 0 : 1;
        sizes_[i] += 7;
        const std::string more(7, ByteOf(i));
        refused += SetItem(store_.get(), key, {.mode = Command::kAppend, .value = more}, kNow) ==
                           CommandResult::kDone
                       ? 0
                       : 1;
        break;
      }
      default:
        refused += DeleteFrom(store_.get(), key, kNow) ? 0 : 1;
        refused += Set(i) ? 0 : 1;
        break;
    }
  });
  EXPECT_EQ(refused, 0);
  ExpectAllHeld();
  EXPECT_LT(UnwrittenPercent(), 4);
}

// Under -M the last sets are refused, at once; what is deleted then can be had again.
TEST_P(LargeItemsTest, FilledToTheBrim) {
  int refused = 0;
  while (refused < 100 && sizes_.size() < 200'000) {
    sizes_.push_back(AnySize());
    if (!Set(sizes_.size() - 1)) ++refused;
    if (evict_ && store_->Stats().evictions > 1'000) break;
  }
  EXPECT_EQ(refused > 0, !evict_);
  for (size_t i = 1; i < sizes_.size(); i += 2) DeleteFrom(store_.get(), Key(i), kNow);
  for (size_t i = 0; i < sizes_.size(); i += 8) DeleteFrom(store_.get(), Key(i), kNow);
  uint64_t bytes = store_->Stats().bytes;
  for (size_t i = 1; bytes < load_.memory * (load_.full_percent - 3) / 100; i += 2) {
    sizes_[i % sizes_.size()] = AnySize();
    ASSERT_TRUE(Set(i % sizes_.size())) << bytes;
    bytes = store_->Stats().bytes;
  }
}

constexpr uint64_t kMB = 1 << 20;

INSTANTIATE_TEST_SUITE_P(
    Loads, LargeItemsTest,
    ::testing::Combine(::testing::Values(Load{"of20KB", 64 * kMB, 20'000, 20'000, 0, 86},
                                         Load{"of68KB", 64 * kMB, 68'000, 68'000, 0, 86},
                                         Load{"of140KB", 64 * kMB, 140'000, 140'000, 0, 86},
                                         Load{"of500KB", 64 * kMB, 500'000, 500'000, 0, 86},
                                         Load{"of20To500KB", 64 * kMB, 20'000, 500'000, 0, 86},
                                         Load{"besideSmall", 64 * kMB, 20'000, 500'000, 75, 86},
                                         Load{"of1To40KB", 64 * kMB, 1'000, 40'000, 50, 86},
                                         Load{"huge", 32 * kMB, 100'000, 8'000'000, 0, 50},
                                         Load{"inLittleMemory", 8 * kMB, 600, 500'000, 10, 75}),
                       ::testing::Bool()),
    [](const ::testing::TestParamInfo<LargeItemsTest::ParamType>& info) {
      return std::string(std::get<0>(info.param).name) +
             (std::get<1>(info.param) ? "" : "WithoutEviction");
    });

// The list of a value's chunks has to fit into a segment whatever part of the memory the value is.
TEST(HugeItemTest, HalfOfTheMemory) {
  for (const uint64_t megabytes : {1, 2, 8, 15, 64}) {
    const uint64_t memory = megabytes << 20;
    const auto store = MakeStore({.memory_bytes = memory});
    std::string value(memory / 2 - 1'000, 'v');
    for (size_t i = 0; i < value.size(); i += 997) value[i] = static_cast<char>('a' + i / 997 % 26);
    for (int round = 0; round < 4; ++round) {
      value[round] = 'X';
      ASSERT_EQ(SetItem(store.get(), "k", {.value = value}, kNow), CommandResult::kDone)
          << megabytes;
      std::string got;
      store->Get("k", kNow, [&](const ItemView& item) {
        for (const std::string_view piece : item.pieces) got += piece;
      });
      EXPECT_TRUE(got == value) << megabytes;
    }
  }
}

}  // namespace
}  // namespace overtake
