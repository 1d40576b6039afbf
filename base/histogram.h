#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"

namespace overtake {

// A log-linear histogram of unsigned values (usually durations in nanoseconds), after HdrHistogram:
// every power of two is cut into equally many buckets, so that the relative error of what is read
// back is bounded by the precision and does not depend on the value.
//
// Threads: ONE thread writes (Record, Merge into it, Reset); any thread may read or copy from it
// meanwhile. Buckets are plain loads and stores of relaxed atomics, so Record costs a few
// nanoseconds and no bus lock; a reader sees each bucket whole, and buckets of slightly different
// moments.
class Histogram {
 public:
  // Values above are counted as this one. In nanoseconds: 18 minutes.
  static constexpr int kValueBits = 40;
  static constexpr uint64_t kMaxValue = (uint64_t{1} << kValueBits) - 1;

  static constexpr int kMinPrecisionBits = 1;
  static constexpr int kMaxPrecisionBits = 16;

  // `precision_bits` significant bits are kept of each value: values below 2^precision_bits are
  // exact, above them the error is below 2^(1 - precision_bits) of the value. 11 bits are three
  // significant decimal digits and take 248 KiB; 7 bits are within 1.6 % and take 17.5 KiB.
  // Clamped to [kMinPrecisionBits, kMaxPrecisionBits].
  explicit Histogram(int precision_bits = 11);

  Histogram(const Histogram& other);
  Histogram& operator=(const Histogram& other);
  // What was moved from may only be destroyed or assigned to.
  Histogram(Histogram&& other) noexcept;
  Histogram& operator=(Histogram&& other) noexcept;
  ~Histogram() = default;

  // Counts `value`, `count` times. The writer only.
  void Record(uint64_t value, uint64_t count = 1) {
    if (value > kMaxValue) value = kMaxValue;
    Add(buckets_[IndexOf(value)], count);
    Add(sum_, value * count);
    if (value < min_.load(std::memory_order_relaxed)) min_.store(value, std::memory_order_relaxed);
    if (value > max_.load(std::memory_order_relaxed)) max_.store(value, std::memory_order_relaxed);
  }

  // Adds what `other` has counted. The writer only; `other` may be written to meanwhile.
  // REQUIRES: other.precision_bits() == precision_bits().
  void Merge(const Histogram& other);

  // Takes away what `earlier`, a copy of this one or of what this is a copy of, had counted. The
  // extremes are then those of buckets, no longer exact. The writer only.
  // REQUIRES: earlier.precision_bits() == precision_bits().
  void Subtract(const Histogram& earlier);

  // Forgets everything. The writer only.
  void Reset();

  int precision_bits() const { return precision_bits_; }

  // How many values were recorded. Sums the buckets: not for a hot path.
  uint64_t count() const;

  // The smallest and the largest value, exact (after clamping); 0 when empty.
  uint64_t Min() const;
  uint64_t Max() const { return max_.load(std::memory_order_relaxed); }

  // Exact, but for clamping and for a sum beyond 2^64; 0 when empty.
  double Mean() const;

  // The value that a share `q` (0 to 1, clamped) of the recorded ones do not exceed: the highest
  // value of the bucket that holds it, as HdrHistogram reports it, so never below the true one.
  // 0 when empty.
  uint64_t ValueAtQuantile(double q) const;

  // Calls `callback(low, high, count)` for each bucket that holds anything, in ascending order;
  // `low` and `high` are the smallest and the largest value it stands for.
  void ForEachBucket(
      absl::FunctionRef<void(uint64_t low, uint64_t high, uint64_t count)> callback) const;

 private:
  using Cell = std::atomic<uint64_t>;

  // With one writer a load and a store will do where several would need a read-modify-write.
  static void Add(Cell& cell, uint64_t amount) {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  // A value of at most precision_bits_ bits has shift 0 and is its own index. Each further bit
  // drops one more low bit (the shift) and adds one more half-range of buckets, since the top bit
  // of what remains is then always set.
  size_t IndexOf(uint64_t value) const {
    const uint64_t exact = (uint64_t{1} << precision_bits_) - 1;
    const int shift = static_cast<int>(std::bit_width(value | exact)) - precision_bits_;
    return (static_cast<size_t>(shift) << (precision_bits_ - 1)) + (value >> shift);
  }

  // The smallest value of a bucket, the inverse of IndexOf; `index` may be one past the last.
  uint64_t LowOf(size_t index) const;
  size_t BucketCount() const;

  int precision_bits_;
  std::unique_ptr<Cell[]> buckets_;  // BucketCount() of them
  Cell sum_{0};
  Cell min_{UINT64_MAX};  // UINT64_MAX: nothing recorded yet
  Cell max_{0};
};

}  // namespace overtake
