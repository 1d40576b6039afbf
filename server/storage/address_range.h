// Addresses for memory that may be wanted later.
#pragma once

#include <cstddef>

namespace overtake {

// Addresses kept for later, of which the first may be used: memory that is zero, and the system's
// until it is touched. The others cost nothing, also when the system counts what a process could
// touch (vm.overcommit_memory = 2). One thread at a time.
class AddressRange {
 public:
  // Nothing may be used yet. When the system refuses, size() is 0.
  explicit AddressRange(size_t bytes);
  ~AddressRange();
  AddressRange(const AddressRange&) = delete;
  AddressRange& operator=(const AddressRange&) = delete;

  char* begin() const { return begin_; }
  size_t size() const { return size_; }
  size_t usable() const { return usable_; }

  // The first `bytes`, at most size(), may be used, and what may be used already. False when the
  // system refuses.
  bool Use(size_t bytes);
  // What lies there goes back to the system; it is zero when it is touched again.
  void GiveBack(size_t offset, size_t bytes);

 private:
  char* begin_ = nullptr;
  size_t size_ = 0;
  size_t usable_ = 0;
};

}  // namespace overtake
