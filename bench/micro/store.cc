// What it costs to look up and to store an item, on one thread and on two at once: in the log store
// (log:1) and in the sharded one (log:0). Keys have 8 bytes, values 100; the memory holds all of
// them, so nothing is evicted.

#include "server/storage/store.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/commands/set_command.h"

namespace overtake {
namespace {

constexpr int kKeys = 100'000;
constexpr int kDraws = 1 << 20;  // a power of two
constexpr double kZipfExponent = 0.99;
constexpr int kGetsPerSet = 10;
constexpr Seconds kNow = 100;

struct Fixture {
  explicit Fixture(bool log) : store((log ? MakeStore : MakeShardedStore)(kOptions)) {
    for (int i = 0; i < kKeys; ++i) {
      keys.push_back(absl::StrFormat("k%07d", i));
      missing.push_back(absl::StrFormat("m%07d", i));
      SetItem(store.get(), keys.back(), {.value = value}, kNow);
    }
    std::vector<double> cumulative;
    double sum = 0;
    for (int rank = 1; rank <= kKeys; ++rank) {
      cumulative.push_back(sum += std::pow(rank, -kZipfExponent));
    }
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> uniform(0, sum);
    for (int i = 0; i < kDraws; ++i) {
      const auto at = std::lower_bound(cumulative.begin(), cumulative.end(), uniform(random));
      zipf.push_back(
          static_cast<uint32_t>(std::min<ptrdiff_t>(at - cumulative.begin(), kKeys - 1)));
    }
  }

  static inline const StoreOptions kOptions = {.memory_bytes = 256 << 20};

  const std::string value = std::string(100, 'v');
  const std::unique_ptr<Store> store;
  std::vector<std::string> keys;
  std::vector<std::string> missing;
  std::vector<uint32_t> zipf;  // indices into keys, the popular ones small
};

// Shared by all threads and the benchmarks of one store; never destroyed.
Fixture& Shared(const benchmark::State& state) {
  static Fixture* const log = new Fixture(true);
  static Fixture* const sharded = new Fixture(false);
  return state.range(0) != 0 ? *log : *sharded;
}

// Copies the value out, as a reply would.
bool Get(Store* store, std::string_view key) {
  std::array<char, 128> copy;
  const Found found = store->Get(key, kNow, [&copy](const ItemView& item) {
    size_t at = 0;
    for (std::string_view piece : item.pieces) {
      const size_t size = std::min(piece.size(), copy.size() - at);
      std::memcpy(copy.data() + at, piece.data(), size);
      at += size;
    }
  });
  benchmark::DoNotOptimize(copy);
  return found == Found::kHit;
}

// Where in a list a thread begins: each elsewhere.
size_t FirstOf(const benchmark::State& state) {
  return static_cast<size_t>(state.thread_index()) * 7919;
}

void BM_StoreGetHit(benchmark::State& state) {
  Fixture& shared = Shared(state);
  size_t i = FirstOf(state);
  for (auto _ : state) {
    if (!Get(shared.store.get(), shared.keys[i++ % kKeys])) state.SkipWithError("a miss");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_StoreGetHit)->ArgName("log")->Arg(1)->Arg(0)->ThreadRange(1, 2)->UseRealTime();

void BM_StoreGetMiss(benchmark::State& state) {
  Fixture& shared = Shared(state);
  size_t i = FirstOf(state);
  for (auto _ : state) {
    if (Get(shared.store.get(), shared.missing[i++ % kKeys])) state.SkipWithError("a hit");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_StoreGetMiss)->ArgName("log")->Arg(1)->Arg(0)->ThreadRange(1, 2)->UseRealTime();

void BM_StoreSet(benchmark::State& state) {
  Fixture& shared = Shared(state);
  size_t i = FirstOf(state);
  for (auto _ : state) {
    const std::string& key = shared.keys[i++ % kKeys];
    if (SetItem(shared.store.get(), key, {.value = shared.value}, kNow) != CommandResult::kDone) {
      state.SkipWithError("not stored");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_StoreSet)->ArgName("log")->Arg(1)->Arg(0)->ThreadRange(1, 2)->UseRealTime();

// Popular keys often (Zipf); one in `operations_per_set` is a set, the others are gets.
void MixedZipf(benchmark::State& state, size_t operations_per_set) {
  Fixture& shared = Shared(state);
  size_t i = FirstOf(state);
  for (auto _ : state) {
    const std::string& key = shared.keys[shared.zipf[i % kDraws]];
    if (i++ % operations_per_set == 0) {
      SetItem(shared.store.get(), key, {.value = shared.value}, kNow);
    } else {
      benchmark::DoNotOptimize(Get(shared.store.get(), key));
    }
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_StoreMixedZipf(benchmark::State& state) { MixedZipf(state, kGetsPerSet + 1); }
BENCHMARK(BM_StoreMixedZipf)->ArgName("log")->Arg(1)->Arg(0)->ThreadRange(1, 2)->UseRealTime();

void BM_StoreHalfSetsZipf(benchmark::State& state) { MixedZipf(state, 2); }
BENCHMARK(BM_StoreHalfSetsZipf)->ArgName("log")->Arg(1)->Arg(0)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace overtake
