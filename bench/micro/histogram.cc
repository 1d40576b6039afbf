// What it costs to count a latency, which the server does for each request.

#include "base/histogram.h"

#include <benchmark/benchmark.h>

#include <cstdint>

namespace overtake {
namespace {

void BM_HistogramRecord(benchmark::State& state) {
  Histogram histogram(static_cast<int>(state.range(0)));
  uint64_t value = 88'172'645'463'325'252;
  for (auto _ : state) {
    // Marsaglia's xorshift, for values whose buckets cannot be foreseen.
    value ^= value << 13;
    value ^= value >> 7;
    value ^= value << 17;
    histogram.Record(value % 10'000'000);
  }
  benchmark::DoNotOptimize(histogram.Max());
}
BENCHMARK(BM_HistogramRecord)->Arg(7)->Arg(11);

}  // namespace
}  // namespace overtake
