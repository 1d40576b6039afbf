#include "protocol/key_list.h"

namespace overtake {

bool KeyList::AllKeysFit() const {
  // A list that is no longer than a key cannot hold one that is too long: the usual case.
  if (rest_.size() <= kMaxKeyBytes) return true;
  KeyList left = *this;
  std::string_view key;
  while (left.Next(&key)) {
    if (key.size() > kMaxKeyBytes) return false;
  }
  return true;
}

}  // namespace overtake
