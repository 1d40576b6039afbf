#include "bench/micro/pauses.h"

#include <sys/resource.h>

#include <array>
#include <charconv>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "base/ticks.h"
#include "server/commands/set_command.h"
#include "server/storage/store.h"

namespace overtake::bench {
namespace {

constexpr Seconds kNow = 100;
constexpr uint64_t kReportEvery = 1 << 16;

// 16 bytes, another for each number.
class NumberedKey {
 public:
  explicit NumberedKey(uint64_t number) {
    text_.fill('k');
    std::to_chars(text_.data() + 1, text_.data() + text_.size(), number);
  }
  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 16> text_;
};

int64_t TimesSwitchedOut() {
  rusage usage;
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw + usage.ru_nvcsw : 0;
}

// Times operation(first) to operation(end - 1).
Pauses Measure(std::string what, uint64_t first, uint64_t end,
               absl::FunctionRef<void(uint64_t)> operation, const PauseProgress& progress) {
  Pauses result{.what = std::move(what), .nanoseconds = std::make_unique<Histogram>()};
  const double ns_per_tick = 1000 / TicksPerMicrosecond();
  int64_t switched = TimesSwitchedOut();
  for (uint64_t i = first; i < end; ++i) {
    const uint64_t start = Ticks();
    operation(i);
    const auto ns = static_cast<uint64_t>(static_cast<double>(Ticks() - start) * ns_per_tick);
    result.nanoseconds->Record(ns);
    if (ns > Pauses::kLongNs) {
      const int64_t before = switched;
      switched = TimesSwitchedOut();
      ++result.longer;
      if (switched != before) ++result.switched_out;
    } else if (i % kReportEvery == 0) {
      progress(static_cast<double>(i - first) / static_cast<double>(end - first));
      switched = TimesSwitchedOut();
    }
  }
  return result;
}

std::unique_ptr<Store> StoreOf(uint64_t memory) {
  return MakeStore({.memory_bytes = memory, .clock = [] { return kNow; }});
}

}  // namespace

Pauses PausesOfEviction(uint64_t memory, uint64_t operations, const PauseProgress& progress) {
  const std::unique_ptr<Store> store = StoreOf(memory);
  const std::string value(100, 'v');
  const auto set = [&](uint64_t i) {
    SetItem(store.get(), NumberedKey(i).text(), {.value = value}, kNow);
  };
  uint64_t filled = 0;
  while (store->Stats().evictions < memory / 1000) {
    for (uint64_t end = filled + kReportEvery; filled < end; ++filled) set(filled);
    progress(0);
  }
  return Measure("eviction", filled, filled + operations, set, progress);
}

Pauses PausesOfGrowth(uint64_t items, const PauseProgress& progress) {
  constexpr uint64_t kFirst = 1000;
  constexpr uint64_t kBytesPerItem = 80;  // more than it takes, so that nothing is evicted
  const std::unique_ptr<Store> store = StoreOf((items * kBytesPerItem) + (64 << 20));
  const std::string value(20, 'v');
  const auto set = [&](uint64_t i) {
    SetItem(store.get(), NumberedKey(i).text(), {.value = value}, kNow);
  };
  for (uint64_t i = 0; i < kFirst; ++i) set(i);
  return Measure("growth", kFirst, items, set, progress);
}

Pauses PausesOfMachine(uint64_t rounds, uint64_t operation_ns, const PauseProgress& progress) {
  const auto ticks =
      static_cast<uint64_t>(static_cast<double>(operation_ns) * TicksPerMicrosecond() / 1000);
  const auto spin = [ticks](uint64_t) {
    for (const uint64_t start = Ticks(); Ticks() - start < ticks;) {
    }
  };
  return Measure("machine", 0, rounds, spin, progress);
}

}  // namespace overtake::bench
