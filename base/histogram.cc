#include "base/histogram.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace overtake {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

Histogram::Histogram(int precision_bits)
    : precision_bits_(std::clamp(precision_bits, kMinPrecisionBits, kMaxPrecisionBits)),
      buckets_(std::make_unique<Cell[]>(BucketCount())) {}

Histogram::Histogram(const Histogram& other) : Histogram(other.precision_bits_) { Merge(other); }

Histogram& Histogram::operator=(const Histogram& other) {
  if (this != &other) *this = Histogram(other);
  return *this;
}

Histogram::Histogram(Histogram&& other) noexcept
    : precision_bits_(other.precision_bits_),
      buckets_(std::move(other.buckets_)),
      sum_(other.sum_.load(kRelaxed)),
      min_(other.min_.load(kRelaxed)),
      max_(other.max_.load(kRelaxed)) {}

Histogram& Histogram::operator=(Histogram&& other) noexcept {
  precision_bits_ = other.precision_bits_;
  buckets_ = std::move(other.buckets_);
  sum_.store(other.sum_.load(kRelaxed), kRelaxed);
  min_.store(other.min_.load(kRelaxed), kRelaxed);
  max_.store(other.max_.load(kRelaxed), kRelaxed);
  return *this;
}

void Histogram::Merge(const Histogram& other) {
  assert(precision_bits_ == other.precision_bits_);
  const size_t buckets = std::min(BucketCount(), other.BucketCount());
  for (size_t i = 0; i < buckets; ++i) {
    const uint64_t count = other.buckets_[i].load(kRelaxed);
    if (count != 0) Add(buckets_[i], count);
  }
  Add(sum_, other.sum_.load(kRelaxed));
  min_.store(std::min(min_.load(kRelaxed), other.min_.load(kRelaxed)), kRelaxed);
  max_.store(std::max(max_.load(kRelaxed), other.max_.load(kRelaxed)), kRelaxed);
}

void Histogram::Subtract(const Histogram& earlier) {
  assert(precision_bits_ == earlier.precision_bits_);
  uint64_t min = UINT64_MAX;
  uint64_t max = 0;
  for (size_t i = 0; i < BucketCount(); ++i) {
    const uint64_t count = buckets_[i].load(kRelaxed) - earlier.buckets_[i].load(kRelaxed);
    buckets_[i].store(count, kRelaxed);
    if (count == 0) continue;
    min = std::min(min, LowOf(i));
    max = LowOf(i + 1) - 1;
  }
  sum_.store(sum_.load(kRelaxed) - earlier.sum_.load(kRelaxed), kRelaxed);
  min_.store(min, kRelaxed);
  max_.store(std::min(max, max_.load(kRelaxed)), kRelaxed);
}

void Histogram::Reset() {
  for (size_t i = 0; i < BucketCount(); ++i) buckets_[i].store(0, kRelaxed);
  sum_.store(0, kRelaxed);
  min_.store(UINT64_MAX, kRelaxed);
  max_.store(0, kRelaxed);
}

uint64_t Histogram::count() const {
  uint64_t total = 0;
  for (size_t i = 0; i < BucketCount(); ++i) total += buckets_[i].load(kRelaxed);
  return total;
}

uint64_t Histogram::Min() const {
  const uint64_t min = min_.load(kRelaxed);
  return min == UINT64_MAX ? 0 : min;
}

double Histogram::Mean() const {
  const uint64_t total = count();
  return total == 0 ? 0 : static_cast<double>(sum_.load(kRelaxed)) / static_cast<double>(total);
}

uint64_t Histogram::ValueAtQuantile(double q) const {
  const uint64_t total = count();
  if (total == 0) return 0;
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(total));
  const uint64_t wanted = std::max<uint64_t>(1, static_cast<uint64_t>(rank));
  uint64_t seen = 0;
  size_t last = 0;
  for (size_t i = 0; i < BucketCount(); ++i) {
    const uint64_t count = buckets_[i].load(kRelaxed);
    if (count == 0) continue;
    last = i;
    seen += count;
    if (seen >= wanted) break;
  }
  return LowOf(last + 1) - 1;
}

void Histogram::ForEachBucket(
    absl::FunctionRef<void(uint64_t low, uint64_t high, uint64_t count)> callback) const {
  for (size_t i = 0; i < BucketCount(); ++i) {
    const uint64_t count = buckets_[i].load(kRelaxed);
    if (count != 0) callback(LowOf(i), LowOf(i + 1) - 1, count);
  }
}

uint64_t Histogram::LowOf(size_t index) const {
  const size_t half = size_t{1} << (precision_bits_ - 1);
  if (index < 2 * half) return index;
  const size_t shift = index / half - 1;
  return static_cast<uint64_t>(half + index % half) << shift;
}

size_t Histogram::BucketCount() const {
  const size_t half = size_t{1} << (precision_bits_ - 1);
  return static_cast<size_t>(kValueBits - precision_bits_ + 2) * half;
}

}  // namespace overtake
