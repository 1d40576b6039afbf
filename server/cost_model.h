// What a request will cost before it runs, learnt from what others have cost.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/counter.h"
#include "dispatch/handler.h"
#include "protocol/request.h"

namespace overtake {

// The cost of a request is taken to be a + b * units: units are the keys of a retrieval and the
// bytes of a value to store; other commands have none. `a` is the mean of those with few units; `b`
// what larger ones took beyond it, by their units. Both follow the traffic, a step every second, so
// that on a slower machine, or with larger values, fewer keys make a multiget heavy.
//
// Costs are processor time of the executing thread: one that had to wait for a core has not cost
// more.
class CostModel {
 public:
  enum class Kind : uint8_t { kRetrieve, kStore, kStats, kFlush, kOther };
  static constexpr size_t kKinds = 5;

  // For executors with the ids 0 to `executors`, exclusive. Requests expected to take longer than
  // `heavy_micros` are heavy.
  CostModel(int executors, int heavy_micros);

  // Any thread: a load and a comparison for almost all requests.
  bool IsHeavy(const Request& request) const;

  // The executor's thread: whether to measure this request. Not all are, reading the thread's clock
  // is a system call: one of many, and each that looks large.
  bool ShouldMeasure(ExecutorId executor, const Request& request) {
    constexpr size_t kLargeList = 512;
    constexpr size_t kLargeValue = 16 * 1024;
    if (request.keys.bytes() >= kLargeList || request.value.size() >= kLargeValue) return true;
    uint32_t& until_next = measured_[static_cast<size_t>(executor.value)]->until_next;
    if (until_next-- > 0) return false;
    until_next = kOneOf - 1;
    return true;
  }
  // The executor's thread: a request of this kind, or a part of one, took so long for its units.
  void Record(ExecutorId executor, Kind kind, uint64_t units, uint64_t ns);
  // The processor time of the calling thread, in nanoseconds.
  static uint64_t ThreadNanos();

  // Takes over what was measured since the last call. One thread, about every second.
  void Learn();

  // Any thread, for statistics.
  int heavy_micros() const { return heavy_micros_; }
  // More units than these are heavy.
  uint64_t max_light_units(Kind kind) const {
    return max_light_units_[Index(kind)].load(std::memory_order_relaxed);
  }
  double fixed_ns(Kind kind) const { return Load(costs_[Index(kind)].fixed_ns); }
  double unit_ns(Kind kind) const { return Load(costs_[Index(kind)].unit_ns); }

 private:
  static constexpr uint32_t kOneOf = 128;

  // Sums since the start; the difference between two readings is what happened in between.
  struct Sums {
    uint64_t samples = 0, units = 0, ns = 0;
  };
  struct Counters {
    Counter samples, units, ns;
  };
  // Of one executor; written by its thread.
  struct alignas(64) Measured {
    std::array<Counters, kKinds> small;
    std::array<Counters, kKinds> large;
    uint32_t until_next = 0;
  };
  struct Cost {
    std::atomic<double> fixed_ns;
    std::atomic<double> unit_ns;
  };

  static size_t Index(Kind kind) { return static_cast<size_t>(kind); }
  static double Load(const std::atomic<double>& value) {
    return value.load(std::memory_order_relaxed);
  }
  // The change of a sum over all executors since the last call with the same `before`.
  Sums Since(std::array<Counters, kKinds> Measured::*which, size_t kind, Sums* before) const;
  void Publish(size_t kind);

  const int heavy_micros_;
  std::vector<std::unique_ptr<Measured>> measured_;  // by ExecutorId

  // Written by Learn's thread.
  std::array<Sums, kKinds> small_before_{};
  std::array<Sums, kKinds> large_before_{};
  std::array<Cost, kKinds> costs_;
  alignas(64) std::array<std::atomic<uint64_t>, kKinds> max_light_units_;
};

}  // namespace overtake
