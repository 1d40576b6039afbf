// The keys of a retrieval command, split as they are asked for.
#pragma once

#include <cstddef>
#include <cstring>
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
    SkipSpaces();
    if (rest_.empty()) return false;
    const void* const space = std::memchr(rest_.data(), ' ', rest_.size());
    const size_t bytes = space == nullptr
                             ? rest_.size()
                             : static_cast<size_t>(static_cast<const char*>(space) - rest_.data());
    *key = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return true;
  }

  // True when there is no key left.
  bool Empty() {
    SkipSpaces();
    return rest_.empty();
  }

  // Takes `bytes` off the front: what was split before, see bytes().
  void Skip(size_t bytes) { rest_.remove_prefix(bytes); }

  // What is still to be split, in bytes; an upper bound of twice the number of keys left.
  size_t bytes() const { return rest_.size(); }

  // About how many keys are left, judged by the first of them.
  size_t EstimateCount() const;

  // True when every key left is at most kMaxKeyBytes long.
  bool AllKeysFit() const {
    // A list that is no longer than a key cannot hold one that is too long: the usual case.
    return rest_.size() <= kMaxKeyBytes || KeyList(rest_).EachFits();
  }

 private:
  bool EachFits();
  void SkipSpaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace overtake
