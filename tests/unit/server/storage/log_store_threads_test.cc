// The log store under many threads at once.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/server/storage/store_commands.h"

namespace overtake {
namespace {

// Readers, writers and the background thread in little memory: whole values of the right key, CAS
// uniques that only grow, counters that lose nothing.
TEST(LogStoreThreadsTest, InvariantsHold) {
#ifdef OVERTAKE_SANITIZED
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
