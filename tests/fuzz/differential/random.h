// Reproducible choices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>

namespace overtake::tests {

// The same seed gives the same choices on every machine: the engine's output is fixed by the
// standard, and the library's distributions, whose output is not, stay out of it.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  size_t Below(size_t bound) { return static_cast<size_t>(engine_() % bound); }
  size_t Between(size_t least, size_t most) { return least + Below(most - least + 1); }
  bool OneIn(size_t n) { return Below(n) == 0; }
  uint64_t Bits() { return engine_(); }

  template <typename Choices>
  const auto& Of(const Choices& choices) {
    return *(std::begin(choices) + static_cast<ptrdiff_t>(Below(std::size(choices))));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace overtake::tests
