// What the log store does beyond the contract of all stores: eviction, cleaning, sweeping, chunks.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "server/storage/epoch.h"
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

TEST(EpochsTest, PassWhenReadersLeft) {
  uint64_t ticket = Epochs::Retire();
  EXPECT_TRUE(Epochs::Passed(ticket));
  Epochs::Enter();
  EXPECT_TRUE(Epochs::Passed(ticket)) << "it entered later";
  ticket = Epochs::Retire();
  Epochs::Enter();
  EXPECT_FALSE(Epochs::Passed(ticket));
  Epochs::Leave();
  EXPECT_FALSE(Epochs::Passed(ticket));
  Epochs::Leave();
  EXPECT_TRUE(Epochs::Passed(ticket));
}

// Readers, writers and the background thread in little memory: whole values of the right key, CAS
// uniques that only grow, counters that lose nothing.
TEST(LogStoreThreadsTest, InvariantsHold) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kRounds = 15'000;
#else
  constexpr int kRounds = 150'000;
#endif
  constexpr int kThreads = 3;
  constexpr uint32_t kKeys = 3000;
  std::atomic<Seconds> clock{100};
  const auto store =
      MakeStore({.memory_bytes = 2 << 20, .clock = [&clock] { return clock.load(); }});
  std::atomic<int> wrong{0};
  const auto value_of = [](const std::string& key, std::mt19937* random) {
    const size_t bytes = (*random)() % 50 == 0 ? (*random)() % 100'000 : (*random)() % 400;
    std::string value = key + ":";
    value.resize(value.size() + bytes, static_cast<char>('a' + bytes % 26));
    return value;
  };
  const auto check = [&wrong](const std::string& key, const ItemView& item) {
    std::string value;
    for (const std::string_view piece : item.pieces) value += piece;
    const size_t fill = value.find(':') + 1;
    const bool right = item.key == key && value.compare(0, fill, key + ":") == 0 &&
                       value.find_first_not_of(static_cast<char>('a' + (value.size() - fill) % 26),
                                               fill) == std::string::npos;
    if (!right) ++wrong;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      std::vector<uint64_t> cas(kKeys);
      std::vector<std::pair<std::string, Pin>> pins;
      std::vector<std::string_view> pinned;
      for (int i = 0; i < kRounds; ++i) {
        if (t == 0 && i % 500 == 0) ++clock;
        const Seconds now = clock;
        const uint32_t n = random() % 3 == 0 ? random() % 50 : random() % kKeys;
        const std::string key = "k" + std::to_string(n);
        const auto look = [&](const ItemView& item) {
          check(key, item);
          if (item.cas < cas[n]) ++wrong;
          cas[n] = item.cas;
          if (pins.size() >= 3 || item.value_bytes == 0) return;
          Pin pin = item.PinPiece(0);
          if (!pin.held()) return;
          pinned.push_back(item.pieces[0]);
          pins.emplace_back(std::string(item.pieces[0]), std::move(pin));
        };
        switch (random() % 12) {
          case 0:
          case 1:
          case 2:
            SetItem(
                store.get(), key,
                {.value = value_of(key, &random),
                 .expires = random() % 3 == 0 ? now + 1 + static_cast<Seconds>(random() % 5) : 0},
                now);
            break;
          case 3:
            SetItem(store.get(), key, {.mode = Command::kAdd, .value = value_of(key, &random)},
                    now);
            break;
          case 4:
            DeleteFrom(store.get(), key, now);
            break;
          case 5:
            TouchIn(store.get(), key, random() % 2 == 0 ? 0 : now + 3, now, look);
            break;
          case 6:
            for (size_t p = 0; p < pins.size(); ++p) {
              if (pinned[p] != pins[p].first) ++wrong;
            }
            pins.clear();
            pinned.clear();
            break;
          case 7: {
            const Store::ReadGuard guard(store.get());
            for (uint32_t k = n; k < n + 20; ++k) {
              const std::string other = "k" + std::to_string(k);
              store->Get(other, now, [&](const ItemView& item) { check(other, item); });
            }
            break;
          }
          default:
            store->Get(key, now, look);
        }
        if (random() % 20'000 == 0) store->FlushAll(0, now);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(store->Stats().evictions, 0U);
  EXPECT_LE(store->Stats().bytes, 2U << 20);
}

}  // namespace
}  // namespace overtake
