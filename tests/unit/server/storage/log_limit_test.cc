// The memory limit of a log store rises and falls while it is used.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "server/storage/address_range.h"
#include "tests/unit/server/storage/store_commands.h"

namespace overtake {
namespace {

constexpr Seconds kNow = 100;
constexpr uint64_t kMB = 1 << 20;

std::string Key(int i) { return "k" + std::to_string(i); }

// The number shows where the value ends.
std::string ValueOf(int i, size_t bytes) {
  return std::string(bytes, static_cast<char>('a' + i % 26)) + std::to_string(i);
}

bool Set(Store* store, int i, size_t bytes) {
  const std::string key = Key(i);
  const std::string value = ValueOf(i, bytes);
  return SetItem(store, key, {.value = value}, kNow) == CommandResult::kDone;
}

// Sets keys until the memory was written twice over; how many items there are then.
uint64_t Fill(Store* store, uint64_t memory, size_t bytes) {
  const auto items = static_cast<int>(2 * memory / (bytes + 25));
  for (int i = 0; i < items; ++i) EXPECT_TRUE(Set(store, i, bytes));
  return store->Stats().items;
}

void MaintainFully(Store* store) {
  for (int i = 0; i < 100'000 && store->Maintain(kNow); ++i) {
  }
}

void ExpectSum(const Store& store) {
  const StoreStats stats = store.Stats();
  const LogStats& log = stats.log;
  EXPECT_EQ(log.live_bytes + log.dead_bytes + log.unwritten_bytes + log.free_bytes +
                log.index_bytes + log.index_free_bytes + log.ghost_bytes + log.metadata_bytes +
                log.slack_bytes,
            stats.limit_bytes);
  EXPECT_EQ(log.live_bytes, stats.bytes);
}

struct Growth {
  size_t bytes;   // of values
  uint64_t most;  // memory, of 4 MB at the start
};

class LogLimitTest : public ::testing::TestWithParam<Growth> {
 protected:
  const size_t bytes_ = GetParam().bytes;
  const uint64_t most_ = GetParam().most;
};

TEST_P(LogLimitTest, HoldsAsManyAsIfItHadBegunWithIt) {
  const auto store = MakeStore({.memory_bytes = 4 * kMB});
  const uint64_t few = Fill(store.get(), 4 * kMB, bytes_);
  for (const uint64_t memory : {most_ / 2, most_, 8 * kMB, most_, 4 * kMB}) {
    if (!store->SetLimit(memory)) {
      // What the index took in the larger one leaves too little.
      const LogStats log = store->Stats().log;
      ASSERT_GT(2 * (log.index_bytes + log.index_free_bytes) + 32 * log.segment_bytes, memory);
      continue;
    }
    EXPECT_EQ(store->limit_bytes(), memory);
    MaintainFully(store.get());
    ExpectSum(*store);
    const uint64_t items = Fill(store.get(), memory, bytes_);
    MaintainFully(store.get());
    ExpectSum(*store);
    const auto other = MakeStore({.memory_bytes = memory});
    const uint64_t would = Fill(other.get(), memory, bytes_);
    // The index gives nothing back, so that of the largest takes its part of the smaller ones.
    const double least = memory == most_ ? 0.94 : 0.45;
    EXPECT_GT(static_cast<double>(items), least * static_cast<double>(would))
        << memory << ": " << items << " instead of " << would;
    if (memory > 8 * kMB) {
      EXPECT_GT(items, 3 * few);
    }
    for (int i = 0; i < 1'000'000 && i < static_cast<int>(2 * memory / (bytes_ + 25)); ++i) {
      store->Get(Key(i), kNow, [&](const ItemView& item) {
        std::string value;
        for (const std::string_view piece : item.pieces) value += piece;
        ASSERT_TRUE(value == ValueOf(i, bytes_)) << i;
      });
    }
  }
}

#ifdef OVERTAKE_SANITIZED  // the many small ones take minutes there
INSTANTIATE_TEST_SUITE_P(Sizes, LogLimitTest,
                         ::testing::Values(Growth{3'000, 16 * kMB}, Growth{60'000, 64 * kMB}));
#else
INSTANTIATE_TEST_SUITE_P(Sizes, LogLimitTest,
                         ::testing::Values(Growth{1, 16 * kMB}, Growth{1, 64 * kMB},
                                           Growth{100, 64 * kMB}, Growth{3'000, 64 * kMB},
                                           Growth{60'000, 64 * kMB}));
#endif

TEST(LogLimitBoundsTest, SixteenTimesTheStart) {
  const auto store = MakeStore({.memory_bytes = 64 * kMB});
  EXPECT_TRUE(store->SetLimit(65 * kMB));
  EXPECT_TRUE(store->SetLimit(1024 * kMB));
  EXPECT_FALSE(store->SetLimit(1024 * kMB + 1));
  EXPECT_FALSE(store->SetLimit(UINT64_MAX));
  EXPECT_FALSE(store->SetLimit(kMB));
  EXPECT_FALSE(store->SetLimit(0));
  EXPECT_EQ(store->limit_bytes(), 1024 * kMB);
  EXPECT_TRUE(store->SetLimit(64 * kMB));
  EXPECT_TRUE(Set(store.get(), 1, 100));
}

// What was refused for want of memory is taken as soon as there is more, without anybody's help.
TEST(LogLimitBoundsTest, MoreIsThereAtOnce) {
  const auto store = MakeStore({.memory_bytes = 4 * kMB, .evict = false});
  int stored = 0;
  while (Set(store.get(), stored, 1'000)) ++stored;
  EXPECT_FALSE(Set(store.get(), stored, 1'000));
  ASSERT_TRUE(store->SetLimit(8 * kMB));
  int more = stored;
  while (Set(store.get(), more, 1'000)) ++more;
  EXPECT_GT(more, stored * 19 / 10);
  // Less cannot be had while all of it is full, and nothing may be evicted.
  ASSERT_TRUE(store->SetLimit(4 * kMB));
  MaintainFully(store.get());
  EXPECT_EQ(store->Stats().items, static_cast<uint64_t>(more));
  EXPECT_FALSE(Set(store.get(), more, 1'000));
  for (int i = stored; i < more; ++i) EXPECT_TRUE(DeleteFrom(store.get(), Key(i), kNow));
  for (int i = 0; i < stored / 10; ++i) EXPECT_TRUE(DeleteFrom(store.get(), Key(i), kNow));
  MaintainFully(store.get());
  EXPECT_GE(store->Stats().log.idle_bytes, 3 * kMB);
  ExpectSum(*store);
  for (int i = stored / 10; i < stored; ++i) {
    EXPECT_TRUE(GetFrom(store.get(), Key(i), kNow)) << i;
  }
}

TEST(LogLimitBoundsTest, WhileItIsUsed) {
#ifdef OVERTAKE_SANITIZED
  constexpr int kRounds = 10'000;
#else
  constexpr int kRounds = 100'000;
#endif
  std::atomic<int> running{2};
  std::atomic<int> wrong{0};
  const auto store = MakeStore({.memory_bytes = 4 * kMB, .clock = [] { return kNow; }});
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < kRounds; ++i) {
        const int key = static_cast<int>(random() % 100'000);
        const size_t bytes = key % 100 == 0 ? 30'000 : 200;
        if (random() % 2 == 0) {
          if (!Set(store.get(), key, bytes)) ++wrong;
        } else {
          store->Get(Key(key), kNow, [&](const ItemView& item) {
            std::string value;
            for (const std::string_view piece : item.pieces) value += piece;
            if (value != ValueOf(key, bytes)) ++wrong;
          });
        }
      }
      --running;
    });
  }
  std::mt19937 random(9);
  while (running > 0) {
    EXPECT_TRUE(store->SetLimit((4 + random() % 60) * kMB));
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + random() % 5));
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(store->SetLimit(64 * kMB));
  // One that was on its way out of use comes back when the background thread has looked again.
  for (int i = 0; i < 10'000 && store->Stats().log.idle_bytes > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(store->Stats().log.idle_bytes, 0U);
}

#ifndef OVERTAKE_SANITIZED
// Of a process that may have so few addresses (ulimit -v).
int ExitStatusWithFewAddresses() {
  const rlimit addresses = {.rlim_cur = 800 * kMB, .rlim_max = 800 * kMB};
  setrlimit(RLIMIT_AS, &addresses);
  const auto store = MakeStore({.memory_bytes = 64 * kMB});
  if (store->SetLimit(65 * kMB)) return 1;
  if (!store->SetLimit(32 * kMB) || !store->SetLimit(64 * kMB)) return 2;
  return Fill(store.get(), 64 * kMB, 1'000) > 50'000 ? 0 : 3;
}

TEST(LogLimitDeathTest, WithoutAddressesItStaysAsItIs) {
  EXPECT_EXIT(std::exit(ExitStatusWithFewAddresses()), ::testing::ExitedWithCode(0), "");
}
#endif

TEST(AddressRangeTest, GivesBackWhatItTook) {
  AddressRange range(1 << 20);
  ASSERT_EQ(range.size(), 1U << 20);
  EXPECT_EQ(range.usable(), 0U);
  ASSERT_TRUE(range.Use(8192));
  range.begin()[8191] = 'x';
  ASSERT_TRUE(range.Use(4096)) << "it has that already";
  EXPECT_EQ(range.usable(), 8192U);
  range.GiveBack(4096, 4096);
  EXPECT_EQ(range.begin()[8191], 0);
  EXPECT_FALSE(range.Use((1 << 20) + 1));
  EXPECT_EQ(AddressRange(size_t{1} << 60).size(), 0U);
}

}  // namespace
}  // namespace overtake
