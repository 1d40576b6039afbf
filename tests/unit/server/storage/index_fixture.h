// A table of the index with pages of its own, and threads that read it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "server/storage/geometry.h"
#include "server/storage/index_table.h"
#include "server/storage/page_pool.h"

namespace overtake {

class IndexFixture : public ::testing::Test {
 protected:
  static constexpr size_t kPages = 80;

  IndexFixture() { pool_.Add(0, kPages * Geometry::kPageBytes); }

  bool Has(uint32_t tag, Location location) const {
    Location found = 0;
    EXPECT_TRUE(table_.TryFind(
        tag, [location](Location l) { return l == location; }, &found));
    EXPECT_EQ(found != 0, table_.FindLocation(tag, location) != nullptr);
    return found == location;
  }

  struct alignas(4096) Page {
    char bytes[Geometry::kPageBytes];
  };
  std::vector<Page> memory_ = std::vector<Page>(kPages);
  PagePool pool_{memory_[0].bytes};
  IndexTable table_{&pool_};
};

// Two threads that look up what stays in a table while the test has others come and go: locations 1
// to kStay.
class IndexReaders {
 public:
  static constexpr Location kStay = 400;
  static uint32_t TagOf(Location location) { return location * 2'654'435'761U; }

  explicit IndexReaders(const IndexTable* table) : table_(table) {
    for (std::thread& thread : threads_) thread = std::thread([this] { Read(); });
  }
  ~IndexReaders() { Stop(); }
  IndexReaders(const IndexReaders&) = delete;
  IndexReaders& operator=(const IndexReaders&) = delete;

  // How many look-ups missed what they should have found.
  int Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    return missed_;
  }

 private:
  void Read() {
    for (Location l = 1; !stop_; l = l % kStay + 1) {
      Location found = 0;
      const bool sure = table_->TryFind(
          TagOf(l), [l](Location other) { return other == l; }, &found);
      if (sure && found != l) ++missed_;
    }
  }

  const IndexTable* const table_;
  std::atomic<bool> stop_{false};
  std::atomic<int> missed_{0};
  std::thread threads_[2];
};

}  // namespace overtake
