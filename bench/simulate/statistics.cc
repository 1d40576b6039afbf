#include "bench/simulate/statistics.h"

#include <algorithm>
#include <cmath>

namespace overtake::bench::simulate {

BatchMeans::BatchMeans(uint64_t expected)
    : batch_size_(std::max<uint64_t>(1, expected / kBatches)) {}

void BatchMeans::Add(double value) {
  ++count_;
  sum_ += value;
  batch_sum_ += value;
  if (++in_batch_ < batch_size_) return;
  batch_means_.push_back(batch_sum_ / static_cast<double>(batch_size_));
  in_batch_ = 0;
  batch_sum_ = 0;
}

double BatchMeans::Mean() const { return count_ > 0 ? sum_ / static_cast<double>(count_) : 0; }

double BatchMeans::StandardError() const {
  const auto batches = static_cast<double>(batch_means_.size());
  if (batches < 2) return 0;
  double mean = 0, squares = 0;
  for (const double batch : batch_means_) mean += batch / batches;
  for (const double batch : batch_means_) squares += (batch - mean) * (batch - mean);
  return std::sqrt(squares / (batches - 1) / batches);
}

}  // namespace overtake::bench::simulate
