// Pages that the index is made of.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "server/storage/geometry.h"

namespace overtake {

// Free pages, cut from segments that the log gave up. A page is named by its offset in the log, in
// pages. Any thread.
class PagePool {
 public:
  explicit PagePool(char* base) : base_(base) {}

  // Takes `bytes` from `offset` on, both multiples of a page's.
  void Add(uint64_t offset, size_t bytes) {
    MutexLock lock(&mutex_);
    for (size_t at = 0; at < bytes; at += Geometry::kPageBytes) {
      free_.push_back(static_cast<uint32_t>((offset + at) / Geometry::kPageBytes));
    }
    total_ += bytes / Geometry::kPageBytes;
  }

  // A page, with any content. False when there is none.
  bool Take(uint32_t* page) {
    MutexLock lock(&mutex_);
    if (free_.empty()) return false;
    *page = free_.back();
    free_.pop_back();
    return true;
  }

  void Give(uint32_t page) {
    MutexLock lock(&mutex_);
    free_.push_back(page);
  }

  // Pages that one table may have.
  void set_table_pages(size_t pages) { table_pages_.store(pages, std::memory_order_relaxed); }
  size_t table_pages() const { return table_pages_.load(std::memory_order_relaxed); }

  char* At(uint32_t page) const { return base_ + uint64_t{page} * Geometry::kPageBytes; }

  size_t total_pages() const {
    MutexLock lock(&mutex_);
    return total_;
  }
  size_t free_pages() const {
    MutexLock lock(&mutex_);
    return free_.size();
  }

 private:
  char* const base_;
  std::atomic<size_t> table_pages_{Geometry::kTablePages};
  mutable Mutex mutex_;
  std::vector<uint32_t> free_ ABSL_GUARDED_BY(mutex_);
  size_t total_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace overtake
