#include "server/storage/address_range.h"

#include <sys/mman.h>

namespace overtake {

AddressRange::AddressRange(size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  begin_ = static_cast<char*>(memory);
  size_ = bytes;
}

AddressRange::~AddressRange() {
  if (begin_ != nullptr) munmap(begin_, size_);
}

bool AddressRange::Use(size_t bytes) {
  if (bytes <= usable_) return true;
  if (bytes > size_ || mprotect(begin_, bytes, PROT_READ | PROT_WRITE) != 0) return false;
  usable_ = bytes;
  return true;
}

void AddressRange::GiveBack(size_t offset, size_t bytes) {
  madvise(begin_ + offset, bytes, MADV_DONTNEED);
}

}  // namespace overtake
