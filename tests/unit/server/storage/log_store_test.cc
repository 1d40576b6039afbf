// What the log store does beyond the contract of all stores: eviction, cleaning, sweeping, chunks.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/server/storage/store_commands.h"

namespace overtake {
namespace {

class LogStoreTest : public ::testing::Test {
 protected:
  void Make(uint64_t memory, bool evict = true) {
    store_ = MakeStore({.memory_bytes = memory, .evict = evict, .hash_seed = 1});
  }
  CommandResult Set(const std::string& key, std::string_view value, Seconds expires = 0) {
    return SetItem(store_.get(), key, {.value = value, .expires = expires}, now_);
  }
  bool Get(const std::string& key) { return GetFrom(store_.get(), key, now_); }
  std::string Value(const std::string& key) {
    std::string value;
    store_->Get(key, now_, [&](const ItemView& item) {
      for (const std::string_view piece : item.pieces) value += piece;
    });
    return value;
  }
  void MaintainFully() {
    for (int i = 0; i < 10'000 && store_->Maintain(now_); ++i) {
    }
  }
  LogStats Log() { return store_->Stats().log; }

  Seconds now_ = 100;
  std::unique_ptr<Store> store_;
};

TEST_F(LogStoreTest, WhatIsAskedForStaysAndAScanPasses) {
  Make(8 << 20);
  const std::string value(100, 'v');
  for (int i = 0; i < 10'000; ++i) Set("hot" + std::to_string(i), value);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10'000; ++i) Get("hot" + std::to_string(i));
  }
  for (int i = 0; i < 500'000; ++i) Set("scan" + std::to_string(i), value);
  int left = 0;
  for (int i = 0; i < 10'000; ++i) left += Get("hot" + std::to_string(i)) ? 1 : 0;
  EXPECT_GT(left, 8'000);
  EXPECT_GT(Log().promoted_bytes, 0U);
}

TEST_F(LogStoreTest, TheLimitFallsAndRises) {
  Make(16 << 20);
  const std::string value(1'000, 'v');
  const auto fill = [&] {
    for (int i = 0; i < 30'000; ++i)
      EXPECT_EQ(Set("k" + std::to_string(i), value), CommandResult::kDone);
  };
  fill();
  const uint64_t full = store_->Stats().items;
  EXPECT_FALSE(store_->SetLimit((256 << 20) + 1)) << "more than sixteen times what it began with";
  EXPECT_FALSE(store_->SetLimit(100 << 10)) << "less than it can work in";
  EXPECT_EQ(store_->limit_bytes(), 16U << 20);

  EXPECT_TRUE(store_->SetLimit(8 << 20));
  MaintainFully();
  EXPECT_EQ(store_->Stats().limit_bytes, 8U << 20);
  EXPECT_GE(Log().idle_bytes, 8U << 20);
  fill();
  const uint64_t half = store_->Stats().items;
  EXPECT_LT(half, full * 6 / 10);
  EXPECT_GT(half, full * 4 / 10);
  EXPECT_EQ(Set("large", std::string(400'000, 'v')), CommandResult::kDone);

  EXPECT_TRUE(store_->SetLimit(16 << 20));
  MaintainFully();
  EXPECT_EQ(Log().idle_bytes, 0U);
  fill();
  EXPECT_GT(store_->Stats().items, full * 9 / 10);
}

TEST_F(LogStoreTest, WhatCameBackGoesToTheMainPart) {
  Make(8 << 20);
  const std::string value(100, 'v');
  for (int i = 0; i < 150'000; ++i) Set("a" + std::to_string(i), value);
  const uint64_t before = Log().ghost_hits;
  // Long enough ago to be gone from the small part, not long enough to be forgotten.
  for (int i = 85'000; i < 86'000; ++i) Set("a" + std::to_string(i), value);
  EXPECT_GT(Log().ghost_hits, before);
}

TEST_F(LogStoreTest, LargeItemsTakeOneAccessMoreToStay) {
  constexpr int kItems = 40;
  Make(8 << 20);
  const std::string value(100, 'v');
  const std::string large_value(900, 'v');
  const auto large_left = [&](const std::string& prefix, int gets) {
    for (int i = 0; i < kItems; ++i) {
      Set(prefix + std::to_string(i), large_value);
      for (int j = 0; j < gets; ++j) Get(prefix + std::to_string(i));
    }
    for (int i = 0; i < 100'000; ++i) Set(prefix + "scan" + std::to_string(i), value);
    int left = 0;
    for (int i = 0; i < kItems; ++i) left += Get(prefix + std::to_string(i)) ? 1 : 0;
    return left;
  };
  for (int i = 0; i < 100'000; ++i) Set("before" + std::to_string(i), value);
  EXPECT_EQ(large_left("once", 1), 0);
  EXPECT_EQ(large_left("twice", 2), kItems);
}

TEST_F(LogStoreTest, AReaderThatTakesItsTimeDoesNotEmptyTheCache) {
  Make(64 << 20);
  const std::string value(4000, 'v');
  for (int i = 0; i < 20'000; ++i) Set("k" + std::to_string(i), value);
  const uint64_t before = store_->Stats().items;
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  std::thread reader([&] {
    const Store::ReadGuard guard(store_.get());
    inside = true;
    while (!leave) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  while (!inside) std::this_thread::yield();
  std::thread writer([&] {
    for (int i = 0; i < 2'000; ++i) Set("n" + std::to_string(i), value);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  leave = true;
  writer.join();
  reader.join();
  EXPECT_GT(store_->Stats().items, before * 3 / 4);
  EXPECT_GT(Log().writer_waits, 0U);
}

TEST_F(LogStoreTest, EverythingHotStillMakesRoom) {
  Make(2 << 20);
  const std::string value(100, 'v');
  for (int i = 0; i < 50'000; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_EQ(Set(key, value), CommandResult::kDone);
    for (int j = 0; j < 4; ++j) ASSERT_TRUE(Get(key));
  }
}

TEST_F(LogStoreTest, DeadBytesAreCleanedUpBeforeAnythingIsEvicted) {
  Make(8 << 20);
  const std::string value(300, 'v');
  // Half of the memory is live; what is overwritten comes to many times the memory.
  std::mt19937 random(1);
  for (int i = 0; i < 10'000; ++i) Set("k" + std::to_string(i), value);
  for (int i = 0; i < 300'000; ++i) Set("k" + std::to_string(random() % 10'000), value);
  EXPECT_EQ(store_->Stats().evictions, 0U);
  EXPECT_EQ(store_->Stats().items, 10'000U);
  EXPECT_GT(Log().cleaned_segments, 0U);
}

TEST_F(LogStoreTest, ExpiredItemsAreSweptWithoutBeingAskedFor) {
  Make(8 << 20);
  const std::string value(100, 'v');
  for (int i = 0; i < 20'000; ++i) {
    Set("k" + std::to_string(i), value, i % 2 == 0 ? 0 : now_ + 1 + static_cast<Seconds>(i % 7));
  }
  const uint64_t bytes = store_->Stats().bytes;
  now_ += 10;
  MaintainFully();
  EXPECT_LT(store_->Stats().bytes, bytes * 55 / 100);
  EXPECT_GT(Log().swept_segments, 0U);
  EXPECT_EQ(store_->Stats().evictions, 0U);
  for (int i = 0; i < 20'000; i += 2) ASSERT_TRUE(Get("k" + std::to_string(i)));
}

TEST_F(LogStoreTest, ExpiredMemoryIsUsedFirst) {
  Make(8 << 20);
  const std::string value(100, 'v');
  for (int i = 0; i < 28'000; ++i) Set("stays" + std::to_string(i), value);
  for (int i = 0; i < 28'000; ++i) Set("goes" + std::to_string(i), value, now_ + 5);
  now_ += 5;
  for (int i = 0; i < 25'000; ++i) Set("new" + std::to_string(i), value);
  EXPECT_EQ(store_->Stats().evictions, 0U);
  EXPECT_GT(store_->Stats().reclaimed, 15'000U);
}

TEST_F(LogStoreTest, LargeItemsAfterSmallOnes) {
  Make(8 << 20);
  for (int i = 0; i < 200'000; ++i) Set("k" + std::to_string(i), std::string(50, 'v'));
  for (const size_t bytes : {1'000, 10'000, 100'000, 1'000'000, 4'000'000}) {
    std::string value(bytes, 'x');
    for (size_t i = 0; i < bytes; i += 101) value[i] = static_cast<char>('a' + i / 101 % 26);
    ASSERT_EQ(Set("large", value), CommandResult::kDone) << bytes;
    EXPECT_TRUE(Value("large") == value) << bytes;
    EXPECT_TRUE(TouchIn(store_.get(), "large", now_ + 100, now_));
    EXPECT_TRUE(Value("large") == value) << bytes;
  }
  for (int i = 0; i < 200'000; ++i) {
    ASSERT_EQ(Set("k" + std::to_string(i), std::string(50, 'v')), CommandResult::kDone);
  }
}

TEST_F(LogStoreTest, ChunksSurviveTheCleaner) {
  Make(8 << 20);
  std::mt19937 random(1);
  const auto value_of = [](int i) {
    std::string value(static_cast<size_t>(2000 + i * 37 % 30'000), static_cast<char>('a' + i % 26));
    value += std::to_string(i);
    return value;
  };
  for (int i = 0; i < 100; ++i) Set("large" + std::to_string(i), value_of(i));
  for (int i = 0; i < 100'000; ++i) {
    Set("small" + std::to_string(random() % 2000), std::string(500, 's'));
  }
  EXPECT_GT(Log().cleaned_segments, 0U);
  EXPECT_EQ(store_->Stats().evictions, 0U);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Value("large" + std::to_string(i)) == value_of(i)) << i;
  }
}

TEST_F(LogStoreTest, WithoutEvictionDeadMemoryIsFoundAgain) {
  Make(2 << 20, /*evict=*/false);
  const std::string value(1000, 'v');
  int stored = 0;
  while (Set("k" + std::to_string(stored), value) == CommandResult::kDone) ++stored;
  EXPECT_GT(stored, 1600);
  for (int i = 0; i < stored; i += 2)
    EXPECT_TRUE(DeleteFrom(store_.get(), "k" + std::to_string(i), now_));
  int more = 0;
  while (Set("m" + std::to_string(more), value) == CommandResult::kDone) ++more;
  EXPECT_GT(more, stored / 2 - 100);
  for (int i = 1; i < stored; i += 2) ASSERT_TRUE(Get("k" + std::to_string(i)));
  EXPECT_EQ(store_->Stats().evictions, 0U);
}

TEST_F(LogStoreTest, PinsAreBoundedAndDoNotStopOthers) {
  Make(4 << 20);
  std::vector<Pin> pins;
  bool refused = false;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_EQ(Set(key, std::string(1000, 'v')), CommandResult::kDone);
    store_->Get(key, now_, [&](const ItemView& item) {
      Pin pin = item.PinPiece(0);
      refused |= !pin.held();
      if (pin.held()) pins.push_back(std::move(pin));
    });
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(Log().pinned_segments * Log().segment_bytes, 4U << 17);
  pins.clear();
  EXPECT_EQ(Log().pinned_segments, 0U);
}

TEST_F(LogStoreTest, AnExplicitCasIsShownAndSurvivesFlushes) {
  Make(2 << 20);
  store_->FlushAll(0, now_);
  const auto store_with_cas = [](const ItemView*) {
    Change change = Change::Store("v", 0, 0);
    change.cas = 3;
    return change;
  };
  for (int i = 0; i < 100; ++i) Set("k" + std::to_string(i), "v");
  store_->FlushAll(0, now_);
  uint64_t cas = 0;
  store_->Update("x", now_, store_with_cas, [&](const ItemView& item) { cas = item.cas; });
  EXPECT_EQ(cas, 3U);
  EXPECT_TRUE(Get("x"));
  EXPECT_EQ(Value("x"), "v");
}

TEST_F(LogStoreTest, MarksAndTimesOfAccess) {
  Make(2 << 20);
  Set("k", "v");
  now_ += 5;
  store_->Get("k", now_, [](const ItemView& item) {
    EXPECT_FALSE(item.fetched);
    EXPECT_EQ(item.last_access, 100U);
  });
  now_ += 5;
  store_->Update(
      "k", now_,
      [](const ItemView* item) {
        EXPECT_TRUE(item->fetched);
        EXPECT_EQ(item->last_access, 105U);
        Change change = Change::Alter(*item);
        change.stale = true;
        change.win_given = true;
        return change;
      },
      [](const ItemView& item) { EXPECT_TRUE(item.stale && item.win_given && item.fetched); });
  Set("k", "w");
  store_->Get("k", now_, [](const ItemView& item) {
    EXPECT_FALSE(item.stale || item.win_given || item.fetched);
  });
}

}  // namespace
}  // namespace overtake
