#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {

// How large values are, in bytes: a size for each key, always the same.
//
//   BYTES                    all of them
//   lognormal:MEDIAN:SIGMA   log-normal, SIGMA that of the logarithm; at most 1,000,000
//   file:PATH                drawn from the sizes in a file, one a line
class ValueSizes {
 public:
  static constexpr uint32_t kMaxBytes = 64 << 20;

  // 100 bytes.
  ValueSizes() = default;
  static ValueSizes Fixed(uint32_t bytes);

  // Reads the file, if there is one. An InvalidArgumentError says what is allowed, or which line of
  // the file is no size.
  static absl::StatusOr<ValueSizes> Parse(absl::string_view text);

  // The size of the value of key number `key`.
  uint32_t Of(uint64_t seed, uint64_t key) const;

  // What Parse was given.
  const std::string& text() const { return text_; }

 private:
  enum class Kind { kFixed, kLogNormal, kFile };

  Kind kind_ = Kind::kFixed;
  uint32_t bytes_ = 100;           // kFixed
  double mu_ = 0, sigma_ = 0;      // kLogNormal
  std::vector<uint32_t> choices_;  // kFile
  std::string text_ = "100";
};

}  // namespace overtake::bench
