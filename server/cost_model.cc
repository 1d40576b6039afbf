#include "server/cost_model.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "server/commands/command_table.h"

namespace overtake {
namespace {

// Until there are measurements: of an ordinary machine, in nanoseconds.
struct Guess {
  double fixed_ns;
  double unit_ns;
};
constexpr std::array<Guess, CostModel::kKinds> kGuesses = {{
    {400, 150},    // kRetrieve, a key
    {800, 0.1},    // kStore, a byte
    {100'000, 0},  // kStats
    {100'000, 0},  // kFlush
    {500, 0},      // kOther
}};

// Below so many units a request tells of the fixed cost, from there on of the units' cost.
constexpr std::array<uint64_t, CostModel::kKinds> kLarge = {8, 4096, 1, 1, 1};

// How much of a second's measurements is taken over.
constexpr double kStep = 0.3;

}  // namespace

CostModel::CostModel(int executors, int heavy_micros) : heavy_micros_(heavy_micros) {
  for (int i = 0; i < executors; ++i) measured_.push_back(std::make_unique<Measured>());
  for (size_t kind = 0; kind < kKinds; ++kind) {
    costs_[kind].fixed_ns.store(kGuesses[kind].fixed_ns, std::memory_order_relaxed);
    costs_[kind].unit_ns.store(kGuesses[kind].unit_ns, std::memory_order_relaxed);
    Publish(kind);
  }
}

bool CostModel::IsHeavy(const Request& request) const {
  const Kind kind = RowOf(request.command).cost;
  const uint64_t limit = max_light_units(kind);
  switch (kind) {
    case Kind::kRetrieve:
      // A key and its space are two bytes at least.
      return request.keys.bytes() / 2 > limit && request.keys.EstimateCount() > limit;
    case Kind::kStore:
      return request.value.size() > limit;
    case Kind::kStats:
    case Kind::kFlush:
    case Kind::kOther:
      return limit == 0;
  }
  return false;
}

uint64_t CostModel::ThreadNanos() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void CostModel::Record(ExecutorId executor, Kind kind, uint64_t units, uint64_t ns) {
  Measured* const measured = measured_[static_cast<size_t>(executor.value)].get();
  const size_t i = Index(kind);
  Counters& counters = units < kLarge[i] ? measured->small[i] : measured->large[i];
  counters.samples.Add(1);
  counters.units.Add(units);
  counters.ns.Add(ns);
}

CostModel::Sums CostModel::Since(std::array<Counters, kKinds> Measured::*which, size_t kind,
                                 Sums* before) const {
  Sums now;
  for (const auto& measured : measured_) {
    const Counters& counters = (measured.get()->*which)[kind];
    now.samples += counters.samples.Get();
    now.units += counters.units.Get();
    now.ns += counters.ns.Get();
  }
  const Sums since = {now.samples - before->samples, now.units - before->units,
                      now.ns - before->ns};
  *before = now;
  return since;
}

void CostModel::Learn() {
  const auto follow = [](std::atomic<double>* value, double measured) {
    value->store(Load(*value) + kStep * (measured - Load(*value)), std::memory_order_relaxed);
  };
  for (size_t kind = 0; kind < kKinds; ++kind) {
    Cost& cost = costs_[kind];
    const Sums small = Since(&Measured::small, kind, &small_before_[kind]);
    if (small.samples > 0) {
      follow(&cost.fixed_ns, static_cast<double>(small.ns) / static_cast<double>(small.samples));
    }
    const Sums large = Since(&Measured::large, kind, &large_before_[kind]);
    if (large.units > 0) {
      const double beyond =
          static_cast<double>(large.ns) - static_cast<double>(large.samples) * Load(cost.fixed_ns);
      follow(&cost.unit_ns, std::max(0.0, beyond / static_cast<double>(large.units)));
    }
    Publish(kind);
  }
}

void CostModel::Publish(size_t kind) {
  // A guess that is wrong must not make everything heavy, or a gigabyte light.
  constexpr std::array<double, kKinds> kLeast = {16, 4096, 0, 0, 1};
  constexpr std::array<double, kKinds> kMost = {1 << 20, 1 << 24, 1, 1, 1};
  const double left = heavy_micros_ * 1000.0 - Load(costs_[kind].fixed_ns);
  const double unit = Load(costs_[kind].unit_ns);
  const double units = left <= 0 ? 0 : unit > 0 ? left / unit : kMost[kind];
  max_light_units_[kind].store(static_cast<uint64_t>(std::clamp(units, kLeast[kind], kMost[kind])),
                               std::memory_order_relaxed);
}

}  // namespace overtake
