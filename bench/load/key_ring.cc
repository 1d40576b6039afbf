#include "bench/load/key_ring.h"

#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "absl/strings/str_format.h"
#include "bench/distributions.h"

namespace overtake::bench {

KeyRing::KeyRing(const LoadClass& load, uint64_t seed) {
  const std::string& space = load.key_space();
  const uint64_t space_seed = Mix(seed, XXH3_64bits(space.data(), space.size()));
  std::vector<int> order(static_cast<size_t>(load.key_count));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(space_seed);
  for (size_t i = order.size() - 1; i > 0; --i) {
    std::swap(order[i], order[static_cast<size_t>(UniformFrom(random()) * (i + 1))]);
  }

  // The first keys come again at the end, so that a request may start at any position.
  const size_t length = order.size() + static_cast<size_t>(load.keys_per_request) - 1;
  bytes_before_.push_back(0);
  for (size_t i = 0; i < length; ++i) {
    const int key = order[i % order.size()];
    absl::StrAppendFormat(&text_, " %s%07d", space, key);
    const uint64_t bytes = load.sizes.Of(space_seed, static_cast<uint64_t>(key));
    max_value_bytes_ = std::max(max_value_bytes_, bytes);
    bytes_before_.push_back(bytes_before_.back() + bytes);
  }
  width_ = text_.size() / length;
}

}  // namespace overtake::bench
