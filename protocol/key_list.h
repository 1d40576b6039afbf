// The keys of a retrieval command, split as they are asked for.
#pragma once

#include <cstddef>
#include <string_view>

namespace overtake {

// Longest key the protocol allows, in bytes.
inline constexpr size_t kMaxKeyBytes = 250;

// A cursor over space-separated keys. It copies nothing: a multiget of any number of keys costs
// these 16 bytes, and execution can stop between two keys and go on later.
class KeyList {
 public:
  KeyList() = default;
  explicit KeyList(std::string_view text) : rest_(text) {}

  // Takes the next key. False when there is none left.
  bool Next(std::string_view* key) {
    const char* at = rest_.data();
    const char* const end = at + rest_.size();
    while (at != end && *at == ' ') ++at;
    if (at == end) {
      rest_ = {};
      return false;
    }
    const char* const first = at;
    while (at != end && *at != ' ') ++at;
    *key = std::string_view(first, static_cast<size_t>(at - first));
    rest_ = std::string_view(at, static_cast<size_t>(end - at));
    return true;
  }

  // What is still to be split, in bytes; an upper bound of twice the number of keys left.
  size_t bytes() const { return rest_.size(); }

  // About how many keys are left, judged by the first of them.
  size_t EstimateCount() const;

  // True when every key left is at most kMaxKeyBytes long.
  bool AllKeysFit() const;

 private:
  std::string_view rest_;
};

}  // namespace overtake
