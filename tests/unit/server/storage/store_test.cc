#include "server/storage/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/server/storage/store_commands.h"

namespace overtake {
namespace {

struct Shown {
  std::string value;
  uint32_t flags;
  uint64_t cas;
};

using StoreFactory = std::unique_ptr<Store> (*)(const StoreOptions&);

class StoreTest : public ::testing::TestWithParam<StoreFactory> {
 protected:
  std::optional<Shown> Get(std::string_view key) {
    std::optional<Shown> found;
    store_->Get(key, now_, [&](const ItemView& item) {
      found = Shown{"", item.flags, item.cas};
      for (std::string_view piece : item.pieces) found->value += piece;
      EXPECT_EQ(found->value.size(), item.value_bytes);
      EXPECT_EQ(item.key, key);
    });
    return found;
  }
  CommandResult Put(Command mode, std::string_view key, std::string_view value, uint64_t cas = 0,
                    Seconds expires = 0) {
    return SetItem(store_.get(), key,
                   {.mode = mode, .value = value, .flags = 7, .expires = expires, .cas = cas},
                   now_);
  }
  CommandResult Add(std::string_view key, const ArithmeticCommand& command, uint64_t* number) {
    return AddTo(store_.get(), key, command, now_, number);
  }

  Seconds now_ = 100;
  std::unique_ptr<Store> store_ = GetParam()({.memory_bytes = 4 << 20});
};

TEST_P(StoreTest, ModesFollowMemcached) {
  EXPECT_EQ(Put(Command::kReplace, "k", "x"), CommandResult::kNotStored);
  EXPECT_EQ(Put(Command::kAppend, "k", "x"), CommandResult::kNotStored);
  EXPECT_EQ(Put(Command::kCas, "k", "x", 1), CommandResult::kNotFound);
  EXPECT_EQ(Put(Command::kAdd, "k", "b"), CommandResult::kDone);
  EXPECT_EQ(Put(Command::kAdd, "k", "x"), CommandResult::kNotStored);
  EXPECT_EQ(Put(Command::kAppend, "k", "c"), CommandResult::kDone);
  EXPECT_EQ(Put(Command::kPrepend, "k", "a"), CommandResult::kDone);
  const auto found = Get("k");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->value, "abc");
  EXPECT_EQ(found->flags, 7U);
  EXPECT_EQ(Put(Command::kCas, "k", "x", found->cas + 1), CommandResult::kExists);
  EXPECT_EQ(Put(Command::kCas, "k", "y", found->cas), CommandResult::kDone);
  EXPECT_GT(Get("k")->cas, found->cas);
}

TEST_P(StoreTest, ExpiryAndTouch) {
  Put(Command::kSet, "k", "v", 0, 110);
  now_ = 109;
  EXPECT_TRUE(Get("k").has_value());
  EXPECT_TRUE(TouchIn(store_.get(), "k", 120, now_));
  now_ = 119;
  EXPECT_TRUE(Get("k").has_value());
  now_ = 120;
  EXPECT_FALSE(Get("k").has_value());
  EXPECT_FALSE(TouchIn(store_.get(), "k", 200, now_));
  EXPECT_EQ(Put(Command::kAdd, "k", "w"), CommandResult::kDone);
}

TEST_P(StoreTest, ALookUpSaysWhyThereIsNoItem) {
  const auto get = [this](std::string_view key) {
    return store_->Get(key, now_, [](const ItemView&) {});
  };
  const auto update = [this](std::string_view key) {
    return store_->Update(key, now_, [](const ItemView*) { return Change::Leave(); }).found;
  };
  for (const char* key : {"a", "b"}) Put(Command::kSet, key, "v", 0, now_ + 10);
  EXPECT_EQ(get("a"), Found::kHit);
  EXPECT_EQ(update("a"), Found::kHit);
  EXPECT_EQ(get("n"), Found::kAbsent);
  EXPECT_EQ(update("n"), Found::kAbsent);
  now_ += 10;
  EXPECT_EQ(get("a"), Found::kExpired);
  EXPECT_EQ(get("a"), Found::kAbsent) << "taken out";
  EXPECT_EQ(update("b"), Found::kExpired);
  EXPECT_EQ(update("b"), Found::kAbsent);
  for (const char* key : {"a", "b"}) Put(Command::kSet, key, "v");
  store_->FlushAll(0, now_);
  EXPECT_EQ(get("a"), Found::kFlushed);
  EXPECT_EQ(get("a"), Found::kAbsent);
  EXPECT_EQ(update("b"), Found::kFlushed);
  EXPECT_EQ(update("b"), Found::kAbsent);
}

TEST_P(StoreTest, DeltaPadsAndGrows) {
  uint64_t result = 0;
  EXPECT_EQ(Add("n", {.delta = 1}, &result), CommandResult::kNotFound);
  Put(Command::kSet, "n", "99");
  EXPECT_EQ(Add("n", {.delta = 1}, &result), CommandResult::kDone);
  EXPECT_EQ(result, 100U);
  EXPECT_EQ(Get("n")->value, "100");
  const uint64_t cas = Get("n")->cas;
  EXPECT_EQ(Add("n", {.delta = 98, .negative = true}, &result), CommandResult::kDone);
  EXPECT_EQ(Get("n")->value, "2  ");
  EXPECT_GT(Get("n")->cas, cas);
  EXPECT_EQ(Add("n", {.delta = 5, .negative = true}, &result), CommandResult::kDone);
  EXPECT_EQ(result, 0U);
  Put(Command::kSet, "n", "18446744073709551615");
  EXPECT_EQ(Add("n", {.delta = 2}, &result), CommandResult::kDone);
  EXPECT_EQ(result, 1U);
  Put(Command::kSet, "n", "5abc");
  EXPECT_EQ(Add("n", {.delta = 2}, &result), CommandResult::kNotANumber);
}

TEST_P(StoreTest, LargeItemsAreNoNumbers) {
  const auto add = [this](const std::string& value) {
    uint64_t result = 0;
    Put(Command::kSet, "n", value);
    return Add("n", {.delta = 1}, &result);
  };
  EXPECT_EQ(add("5" + std::string(20'000, ' ')), CommandResult::kDone);
  // Digits that go on where a number is long over.
  EXPECT_EQ(add(std::string(20'000, '0') + "x"), CommandResult::kNotANumber);
  for (int i = 0; i < 100; ++i) {  // wherever it comes to lie, in one piece or in several
    ASSERT_EQ(add(std::string(30'000, '0') + "1"), CommandResult::kDone);
    ASSERT_EQ(Get("n")->value.substr(0, 3), "2  ");
  }
  // memcached chains such an item from chunks, and does not look.
  EXPECT_EQ(add("5" + std::string(600'000, ' ')), CommandResult::kNotANumber);
}

TEST_P(StoreTest, APinnedValueOutlivesItsItem) {
  const std::string value(100'000, 'v');
  Put(Command::kSet, "k", value);
  Pin pin;
  std::string_view bytes;
  store_->Get("k", now_, [&](const ItemView& item) {
    bytes = item.pieces[0];
    pin = item.PinPiece(0);
  });
  EXPECT_TRUE(pin.held());
  Put(Command::kSet, "k", std::string(100'000, 'w'));
  EXPECT_TRUE(DeleteFrom(store_.get(), "k", now_));
  for (int i = 0; i < 100; ++i) Put(Command::kSet, std::to_string(i), std::string(90'000, 'z'));
  EXPECT_EQ(bytes, std::string_view(value).substr(0, bytes.size()));
}

TEST_P(StoreTest, FlushNowAndLater) {
  Put(Command::kSet, "a", "1");
  store_->FlushAll(0, now_);
  EXPECT_FALSE(Get("a").has_value());
  Put(Command::kSet, "a", "2");
  EXPECT_TRUE(Get("a").has_value());
  store_->FlushAll(now_ + 10, now_);
  EXPECT_TRUE(Get("a").has_value());
  now_ += 10;
  EXPECT_FALSE(Get("a").has_value());
  Put(Command::kSet, "a", "3");
  EXPECT_TRUE(Get("a").has_value());
  // What is gone does not come back when another time is set.
  Put(Command::kSet, "b", "1");
  store_->FlushAll(now_ + 10, now_);
  now_ += 10;
  store_->FlushAll(now_ + 1000, now_);
  EXPECT_FALSE(Get("b").has_value());
}

TEST_P(StoreTest, StaysWithinItsMemoryAndKeepsTheNewest) {
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_EQ(Put(Command::kSet, "key" + std::to_string(i), std::string(100, 'v')),
              CommandResult::kDone);
    ASSERT_TRUE(Get("key" + std::to_string(i)).has_value());
    ASSERT_LE(store_->Stats().bytes, 4U << 20);
  }
  EXPECT_GT(store_->Stats().evictions, 0U);
  // Any size up to the limit, whatever was stored before.
  EXPECT_EQ(Put(Command::kSet, "large", std::string(1'000'000, 'L')), CommandResult::kDone);
  EXPECT_EQ(Get("large")->value.size(), 1'000'000U);
  EXPECT_LE(store_->Stats().bytes, 4U << 20);
}

TEST_P(StoreTest, WithoutEvictionItRefuses) {
  store_ = GetParam()({.memory_bytes = 1 << 20, .evict = false});
  CommandResult result = CommandResult::kDone;
  int stored = 0;
  while (result == CommandResult::kDone && stored < 1000) {
    result = Put(Command::kSet, std::to_string(stored), std::string(10'000, 'v'));
    stored += result == CommandResult::kDone ? 1 : 0;
  }
  EXPECT_EQ(result, CommandResult::kNoMemory);
  EXPECT_TRUE(Get("0").has_value());
}

TEST_P(StoreTest, AWalkMeetsWhatIsThereAllTheWhileOnce) {
  constexpr int kItems = 5'000;
  for (int i = 0; i < kItems; ++i) Put(Command::kSet, "k" + std::to_string(i), "v");
  Put(Command::kSet, "gone", "v", 0, now_ + 5);
  now_ += 10;
  std::map<std::string, int> met;
  uint64_t place = 0;
  // Others come and are overwritten meanwhile, so that tables grow and items move.
  for (int n = 0;
       store_->Walk(&place, now_, [&](const ItemView& item) { ++met[std::string(item.key)]; });
       ++n) {
    for (int i = 0; i < 50; ++i) {
      Put(Command::kSet, "new" + std::to_string(50 * n + i), "v");
      Put(Command::kSet, "k" + std::to_string((50 * n + i) % kItems), "w");
    }
    ASSERT_LT(n, 100'000);
  }
  for (int i = 0; i < kItems; ++i) EXPECT_EQ(met["k" + std::to_string(i)], 1) << i;
  EXPECT_EQ(met.count("gone"), 0U);
}

TEST_P(StoreTest, WithoutCasNothingCanBeCompared) {
  store_ = GetParam()({.memory_bytes = 4 << 20, .cas = false});
  EXPECT_EQ(Put(Command::kSet, "k", "v"), CommandResult::kDone);
  EXPECT_EQ(Get("k")->cas, 0U);
  EXPECT_EQ(Put(Command::kCas, "k", "w", 0), CommandResult::kExists);
  EXPECT_EQ(Put(Command::kCas, "k", "w", 1), CommandResult::kExists);
  EXPECT_EQ(Put(Command::kCas, "n", "w", 0), CommandResult::kNotFound);
}

TEST_P(StoreTest, ThreadsSeeWholeValuesAndExactSums) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  Put(Command::kSet, "sum", "0");
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        uint64_t result = 0;
        Add("sum", {.delta = 1}, &result);
        const std::string key = "k" + std::to_string(i % 50);
        const std::string value(static_cast<size_t>(100 + (i * 7 + t) % 9000),
                                static_cast<char>('a' + t));
        if (i % 3 == 0) Put(Command::kSet, key, value);
        Pin pin;
        std::string_view bytes;
        store_->Get(key, now_, [&](const ItemView& item) {
          bytes = item.pieces[0];
          pin = item.PinPiece(0);
        });
        if (!pin.held()) continue;
        if (bytes.find_first_not_of(bytes[0]) != std::string_view::npos) ++torn;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(std::stoi(Get("sum")->value), kThreads * kRounds);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest, ::testing::Values(&MakeStore, &MakeShardedStore),
                         [](const auto& info) { return info.index == 0 ? "Log" : "Sharded"; });

}  // namespace
}  // namespace overtake
