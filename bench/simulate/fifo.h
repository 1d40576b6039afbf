#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace overtake::bench::simulate {

// A queue in one block of memory, which doubles when it is full and is kept when it is empty.
template <typename T>
class Fifo {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  void Push(T value) {
    if (size_ == ring_.size()) Grow();
    ring_[(first_ + size_++) & (ring_.size() - 1)] = std::move(value);
  }

  // REQUIRES: !empty().
  T& front() { return ring_[first_]; }
  const T& front() const { return ring_[first_]; }
  T Pop() {
    T value = std::move(ring_[first_]);
    first_ = (first_ + 1) & (ring_.size() - 1);
    --size_;
    return value;
  }

 private:
  void Grow() {
    std::vector<T> larger(ring_.empty() ? 8 : 2 * ring_.size());
    for (size_t i = 0; i < size_; ++i) {
      larger[i] = std::move(ring_[(first_ + i) & (ring_.size() - 1)]);
    }
    ring_.swap(larger);
    first_ = 0;
  }

  std::vector<T> ring_;  // its size is a power of two, or 0
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace overtake::bench::simulate
