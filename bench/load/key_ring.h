#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "bench/load/load_class.h"

namespace overtake::bench {

// The keys of a class as one text, so that the key list of any request, however long, is a piece
// of it and needs no building while the clock runs. The order is a permutation that belongs to the
// seed and the class's key space: a request's keys are not neighbours in the server's memory, and
// position 0 is the most popular key to every class of the space.
class KeyRing {
 public:
  // REQUIRES: load.has_keys().
  KeyRing(const LoadClass& load, uint64_t seed);

  // `count` keys from position `first` on (wrapping around), each with a space before it. Lives as
  // long as the ring. REQUIRES: first < key_count, count <= keys_per_request.
  absl::string_view Keys(size_t first, size_t count) const {
    return absl::string_view(text_).substr(first * width_, count * width_);
  }
  // The key at `position`, without a space.
  absl::string_view Key(size_t position) const { return Keys(position, 1).substr(1); }

  // Bytes of the values of these keys together; the same bounds as Keys.
  uint64_t ValueBytes(size_t first, size_t count) const {
    return bytes_before_[first + count] - bytes_before_[first];
  }
  // The largest of all values.
  uint64_t max_value_bytes() const { return max_value_bytes_; }

 private:
  size_t width_;  // of a key and the space before it
  std::string text_;
  std::vector<uint64_t> bytes_before_;  // of the values before each position
  uint64_t max_value_bytes_ = 0;
};

}  // namespace overtake::bench
