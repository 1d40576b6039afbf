#include "bench/load_flags.h"

#include "absl/strings/str_format.h"
#include "bench/clock.h"

namespace overtake::bench {
namespace {

constexpr double kMaxArrivals = 20e6;         // 16 bytes each, drawn in advance
constexpr int64_t kMaxReplyBytes = 64 << 20;  // servers are started with room for many of them

}  // namespace

void LoadFlags::AddTo(CLI::App& command) {
  command.add_option("--light-rate", light_rate, "Single-key gets a second, on 64 connections")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  command.add_option("--heavy-rate", heavy_rate, "Multigets a second, on 8 other connections")
      ->check(CLI::Range(0.0, 1e5))
      ->capture_default_str();
  command.add_option("--keys", keys, "Keys of a multiget")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("--value-size", value_size, "Bytes of each value of a multiget")
      ->check(CLI::Range(1, 500'000))
      ->capture_default_str();
  command.add_option("--seconds", seconds, "Measured seconds of a run")
      ->check(CLI::Range(0.5, 600.0))
      ->capture_default_str();
  command.add_option("--warmup", warmup, "Seconds before them that are not counted")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  command.add_option("--seed", seed, "Of the schedule: the same seed, the same requests")
      ->capture_default_str();
}

absl::Status LoadFlags::Validate() const {
  if ((light_rate + heavy_rate) * (seconds + warmup) > kMaxArrivals) {
    return absl::InvalidArgumentError(
        absl::StrFormat("(--light-rate + --heavy-rate) * (--seconds + --warmup) is above %.0f "
                        "requests",
                        kMaxArrivals));
  }
  if (int64_t{keys} * value_size > kMaxReplyBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--keys * --value-size is above %d bytes", kMaxReplyBytes));
  }
  return absl::OkStatus();
}

std::vector<LoadClass> LoadFlags::Classes(bool with_heavy) const {
  return {LightClass(light_rate), HeavyClass(with_heavy ? heavy_rate : 0, keys, value_size)};
}

LoadOptions LoadFlags::Options(const Endpoint& endpoint, bool with_heavy) const {
  return {.endpoint = endpoint,
          .classes = Classes(with_heavy),
          .warmup_ns = static_cast<int64_t>(warmup * kNsPerSecond),
          .duration_ns = static_cast<int64_t>(seconds * kNsPerSecond),
          .seed = seed};
}

}  // namespace overtake::bench
