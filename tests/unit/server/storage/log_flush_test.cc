// What a flush took counts as gone at once, and its memory comes back before anything is evicted.

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

using StoreFactory = std::unique_ptr<Store> (*)(const StoreOptions&);

std::string Key(int i) { return "k" + std::to_string(i); }

CommandResult SetIn(Store* store, int i, std::string_view value, Seconds now) {
  const std::string key = Key(i);
  return SetItem(store, key, {.value = value}, now);
}

class FlushTest : public ::testing::TestWithParam<StoreFactory> {
 protected:
  CommandResult Set(int i, std::string_view value = "v") {
    return SetIn(store_.get(), i, value, now_);
  }
  bool Has(int i) { return GetFrom(store_.get(), Key(i), now_); }
  uint64_t Items() { return store_->Stats().items; }
  uint64_t Walked() {
    uint64_t items = 0;
    uint64_t place = 0;
    while (store_->Walk(&place, now_, [&](const ItemView&) { ++items; })) {
    }
    return items;
  }

  Seconds now_ = 100;
  std::unique_ptr<Store> store_ = GetParam()({.memory_bytes = 8 << 20});
};

TEST_P(FlushTest, CountsAtOnce) {
  for (int i = 0; i < 1'000; ++i) Set(i, std::string(i % 10 == 0 ? 20'000 : 100, 'v'));
  EXPECT_GT(Items(), 500U);
  store_->FlushAll(0, now_);
  StoreStats stats = store_->Stats();
  EXPECT_EQ(stats.items, 0U);
  EXPECT_EQ(stats.bytes, 0U);
  EXPECT_EQ(stats.reclaimed, 0U);
  EXPECT_EQ(Walked(), 0U);
  // Every way to come by something that was flushed, and what was not there.
  Set(0);
  EXPECT_FALSE(Has(1));
  EXPECT_FALSE(DeleteFrom(store_.get(), Key(2), now_));
  EXPECT_FALSE(TouchIn(store_.get(), Key(3), 0, now_));
  EXPECT_EQ(SetItem(store_.get(), "k4", {.mode = Command::kAdd, .value = "v"}, now_),
            CommandResult::kDone);
  EXPECT_EQ(SetItem(store_.get(), "k5", {.mode = Command::kAppend, .value = "v"}, now_),
            CommandResult::kNotStored);
  Set(1'000'000);
  stats = store_->Stats();
  EXPECT_EQ(stats.items, 3U);
  EXPECT_LT(stats.bytes, 3 * 120U);
  EXPECT_EQ(stats.reclaimed, 6U);
  EXPECT_EQ(stats.evictions, 0U);
  store_->FlushAll(0, now_);
  store_->FlushAll(0, now_);
  EXPECT_EQ(Items(), 0U);
  EXPECT_EQ(store_->Stats().bytes, 0U);
}

TEST_P(FlushTest, ALaterOneCountsWhenItsTimeComes) {
  std::atomic<Seconds> clock{now_};
  store_ = GetParam()({.memory_bytes = 8 << 20, .clock = [&] { return clock.load(); }});
  for (int i = 0; i < 100; ++i) Set(i);
  store_->FlushAll(now_ + 10, now_);
  clock = now_ += 8;
  Set(100);
  EXPECT_EQ(Items(), 101U);
  clock = now_ += 2;
  Set(200);
  Set(201);
  EXPECT_EQ(Items(), 2U);
  EXPECT_TRUE(Has(200));
  EXPECT_FALSE(Has(100));
  // It does not come a second time.
  clock = now_ += 5;
  EXPECT_EQ(Items(), 2U);
  EXPECT_TRUE(Has(201));
  // A time that another takes the place of never comes.
  store_->FlushAll(now_ + 5, now_);
  store_->FlushAll(now_ + 100, now_);
  clock = now_ += 50;
  EXPECT_EQ(Items(), 2U);
  clock = now_ += 50;
  EXPECT_EQ(Items(), 0U);
  store_ = nullptr;  // before its clock
}

TEST_P(FlushTest, WithoutAClockAsTimeIsTold) {
  for (int i = 0; i < 100; ++i) Set(i);
  store_->FlushAll(now_ + 10, now_);
  now_ += 10;
  // One of the partitions after the other, as they are used, or all.
  Set(1);
  EXPECT_TRUE(Has(1));
  EXPECT_LE(Items(), 100U);
  if (!store_->Maintain(now_)) {
    for (int i = 1'000; i < 10'000; ++i) Set(i);
    EXPECT_EQ(Items(), 9'001U);
  } else {
    EXPECT_EQ(Items(), 1U);
  }
  EXPECT_TRUE(Has(1));
}

INSTANTIATE_TEST_SUITE_P(Stores, FlushTest, ::testing::Values(&MakeStore, &MakeShardedStore),
                         [](const auto& info) { return info.index == 0 ? "Log" : "Sharded"; });

TEST(LogFlushTest, MemoryComesBackInTheBackground) {
  const auto store = MakeStore({.memory_bytes = 16 << 20});
  const std::string value(300, 'v');
  const std::string large(50'000, 'w');
  for (int i = 0; i < 30'000; ++i) SetIn(store.get(), i, i % 300 == 0 ? large : value, 100);
  EXPECT_LT(store->Stats().log.free_bytes, 4U << 20);
  store->FlushAll(0, 100);
  // These share a segment with what was flushed.
  for (int i = 0; i < 10; ++i) SetIn(store.get(), i, large, 100);
  for (int i = 0; i < 100'000 && store->Maintain(100); ++i) {
  }
  const StoreStats stats = store->Stats();
  EXPECT_EQ(stats.items, 10U);
  EXPECT_GT(stats.reclaimed, 20'000U);
  EXPECT_EQ(stats.evictions, 0U);
  EXPECT_LT(stats.log.live_bytes, 600'000U);
  // But for the segments that are being written.
  EXPECT_LE(stats.log.dead_bytes, 4 * stats.log.segment_bytes);
  EXPECT_GT(stats.log.free_bytes, 14U << 20);
  EXPECT_FALSE(store->Maintain(100));
}

// Whether the background had time or not.
TEST(LogFlushTest, NothingIsEvictedForWhatWasFlushed) {
  for (const bool evict : {true, false}) {
    const auto store = MakeStore({.memory_bytes = 16 << 20, .evict = evict});
    const std::string value(1'000, 'v');
    for (int round = 0; round < 5; ++round) {
      // Some asked for, so that they are in the main part.
      for (int i = 0; i < 20'000; ++i) {
        SetIn(store.get(), i, value, 100);
        GetFrom(store.get(), Key(i - i % 7), 100);
      }
      store->FlushAll(0, 100);
      const uint64_t evictions = store->Stats().evictions;
      int stored = 0;
      for (int i = 50'000; i < 64'000; ++i) {
        stored += SetIn(store.get(), i, value, 100) == CommandResult::kDone ? 1 : 0;
      }
      EXPECT_EQ(stored, 14'000);
      EXPECT_EQ(store->Stats().items, 14'000U);
      EXPECT_EQ(store->Stats().evictions, evictions);
    }
  }
}

TEST(LogFlushTest, PinnedValuesStay) {
  const auto store = MakeStore({.memory_bytes = 2 << 20});
  const std::string value(5'000, 'v');
  std::vector<std::pair<Pin, std::string_view>> pins;
  for (int i = 0; i < 400; ++i) SetIn(store.get(), i, value, 100);
  for (int i = 0; i < 400; i += 40) {
    store->Get(Key(i), 100,
               [&](const ItemView& item) { pins.emplace_back(item.PinPiece(0), item.pieces[0]); });
  }
  store->FlushAll(0, 100);
  for (int i = 0; i < 4'000; ++i) {
    ASSERT_EQ(SetIn(store.get(), i, std::string(900, 'w'), 100), CommandResult::kDone);
    store->Maintain(100);
  }
  for (const auto& [pin, bytes] : pins) {
    if (pin.held()) {
      EXPECT_EQ(bytes.find_first_not_of('v'), std::string_view::npos);
    }
  }
}

// Writers, readers, deleters and flushes at once, now and later: no count is ever lost or negative.
TEST(LogFlushTest, CountsHoldUnderThreads) {
#ifdef OVERTAKE_SANITIZED
  constexpr int kRounds = 8'000;
#else
  constexpr int kRounds = 80'000;
#endif
  constexpr int kThreads = 3;
  constexpr int kKeys = 2'000;
  std::atomic<Seconds> clock{100};
  const auto store =
      MakeStore({.memory_bytes = 4 << 20, .clock = [&clock] { return clock.load(); }});
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < kRounds; ++i) {
        const Seconds now = clock;
        const int key = static_cast<int>(random() % kKeys);
        switch (random() % 8) {
          case 0:
          case 1:
          case 2:
            SetIn(store.get(), key, std::string(random() % 40 == 0 ? 9'000 : 200, 'v'), now);
            break;
          case 3:
            DeleteFrom(store.get(), Key(key), now);
            break;
          case 4:
            TouchIn(store.get(), Key(key), random() % 2 == 0 ? 0 : now + 2, now);
            break;
          default:
            GetFrom(store.get(), Key(key), now);
            break;
        }
        if (random() % 2'000 == 0) store->FlushAll(random() % 2 == 0 ? 0 : now + 2, now);
        if (t == 0 && i % 3'000 == 0) ++clock;
      }
      --running;
    });
  }
  while (running > 0) {
    const StoreStats stats = store->Stats();
    ASSERT_LE(stats.items, uint64_t{kKeys});
    ASSERT_LE(stats.bytes, 4U << 20);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (auto& thread : threads) thread.join();
  clock += 100;
  store->FlushAll(0, clock);
  EXPECT_EQ(store->Stats().items, 0U);
  EXPECT_EQ(store->Stats().bytes, 0U);
  for (int i = 0; i < 100; ++i) SetIn(store.get(), i, "v", clock);
  EXPECT_EQ(store->Stats().items, 100U);
  uint64_t walked = 0;
  uint64_t place = 0;
  while (store->Walk(&place, clock, [&](const ItemView&) { ++walked; })) {
  }
  EXPECT_EQ(walked, 100U);
}

}  // namespace
}  // namespace overtake
