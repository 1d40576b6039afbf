#pragma once

#include <cstdint>
#include <vector>

#include "base/histogram.h"

namespace overtake::bench::simulate {

// The mean of a series of which neighbours are alike, as waits in a queue are, and its standard
// error by the method of batch means: of batches long enough, the means are as good as independent
// (Law, Simulation Modeling and Analysis, chapter 9).
class BatchMeans {
 public:
  // `expected` values will come, or about so many.
  explicit BatchMeans(uint64_t expected);

  void Add(double value);

  uint64_t count() const { return count_; }
  double Mean() const;           // 0 when nothing was added
  double StandardError() const;  // of Mean(); 0 with less than two full batches

 private:
  static constexpr uint64_t kBatches = 32;

  const uint64_t batch_size_;
  uint64_t count_ = 0;
  double sum_ = 0;
  uint64_t in_batch_ = 0;
  double batch_sum_ = 0;
  std::vector<double> batch_means_;
};

// What became of the requests of one load.
struct LoadStatistics {
  explicit LoadStatistics(uint64_t expected) : response_us(expected), wait_us(expected) {}

  Histogram latency_ns;    // from when a request was due, three significant digits
  BatchMeans response_us;  // the same
  BatchMeans wait_us;      // without the request's own execution
};

}  // namespace overtake::bench::simulate
