#include "bench/load/value_sizes.h"

#include <cmath>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "bench/distributions.h"

namespace overtake::bench {
namespace {

constexpr char kForms[] =
    "a size is BYTES (1 to 67108864), lognormal:MEDIAN:SIGMA (median 1 to 1000000, sigma 0 to 5) "
    "or file:PATH";
constexpr double kMaxMedian = 1'000'000;
constexpr double kMaxSigma = 5;

bool ParseBytes(absl::string_view text, uint32_t* bytes) {
  return absl::SimpleAtoi(text, bytes) && *bytes >= 1 && *bytes <= ValueSizes::kMaxBytes;
}

absl::StatusOr<std::vector<uint32_t>> ReadSizes(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  std::vector<uint32_t> sizes;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const absl::string_view text = absl::StripAsciiWhitespace(line);
    if (text.empty()) continue;
    uint32_t bytes = 0;
    if (!ParseBytes(text, &bytes)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": not a size from 1 to ", ValueSizes::kMaxBytes));
    }
    sizes.push_back(bytes);
  }
  if (sizes.empty()) return absl::InvalidArgumentError(absl::StrCat("no sizes in ", path));
  return sizes;
}

}  // namespace

ValueSizes ValueSizes::Fixed(uint32_t bytes) {
  ValueSizes sizes;
  sizes.bytes_ = bytes;
  sizes.text_ = absl::StrCat(bytes);
  return sizes;
}

absl::StatusOr<ValueSizes> ValueSizes::Parse(absl::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat("\"", text, "\": ", kForms));
  ValueSizes sizes;
  sizes.text_ = std::string(text);
  if (absl::ConsumePrefix(&text, "file:")) {
    auto choices = ReadSizes(std::string(text));
    if (!choices.ok()) return choices.status();
    sizes.kind_ = Kind::kFile;
    sizes.choices_ = *std::move(choices);
    return sizes;
  }
  if (absl::ConsumePrefix(&text, "lognormal:")) {
    const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
    double median = 0;
    if (parts.size() != 2 || !absl::SimpleAtod(parts[0], &median) ||
        !absl::SimpleAtod(parts[1], &sizes.sigma_) || !(median >= 1 && median <= kMaxMedian) ||
        !(sizes.sigma_ >= 0 && sizes.sigma_ <= kMaxSigma)) {
      return wrong;
    }
    sizes.kind_ = Kind::kLogNormal;
    sizes.mu_ = std::log(median);
    return sizes;
  }
  if (!ParseBytes(text, &sizes.bytes_)) return wrong;
  return sizes;
}

uint32_t ValueSizes::Of(uint64_t seed, uint64_t key) const {
  switch (kind_) {
    case Kind::kLogNormal:
      return LogNormalSize(mu_, sigma_, seed, key);
    case Kind::kFile:
      return choices_[Mix(seed, key) % choices_.size()];
    case Kind::kFixed:
      break;
  }
  return bytes_;
}

}  // namespace overtake::bench
