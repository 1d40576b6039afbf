#include "protocol/key_list.h"

#include <algorithm>

namespace overtake {

size_t KeyList::EstimateCount() const {
  constexpr size_t kLooksAt = 256;
  const size_t looks_at = std::min(rest_.size(), kLooksAt);
  if (looks_at == 0) return 0;
  const auto spaces = std::count(rest_.begin(), rest_.begin() + looks_at, ' ');
  return rest_.size() * static_cast<size_t>(spaces) / looks_at + 1;
}

bool KeyList::EachFits() {
  std::string_view key;
  while (Next(&key)) {
    if (key.size() > kMaxKeyBytes) return false;
  }
  return true;
}

}  // namespace overtake
