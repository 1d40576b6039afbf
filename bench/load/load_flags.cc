#include "bench/load/load_flags.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "bench/clock.h"

namespace overtake::bench {
namespace {

constexpr double kMaxArrivals = 20e6;         // 24 bytes each, drawn in advance
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
  AddRunTo(command);
}

void LoadFlags::AddRunTo(CLI::App& command) {
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
  if (int64_t{keys} * value_size > kMaxReplyBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--keys * --value-size is above %d bytes", kMaxReplyBytes));
  }
  return ValidateClasses(Classes(/*with_heavy=*/true));
}

absl::Status LoadFlags::ValidateClasses(const std::vector<LoadClass>& classes) const {
  double rate = 0;
  for (const LoadClass& load : classes) rate += load.rate;
  if (rate * (seconds + warmup) > kMaxArrivals) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the rates of all classes times --seconds and --warmup are %.0f requests; %.0f at most",
        rate * (seconds + warmup), kMaxArrivals));
  }
  return CheckClasses(classes);
}

std::vector<LoadClass> LoadFlags::Classes(bool with_heavy) const {
  return {LightClass(light_rate), HeavyClass(with_heavy ? heavy_rate : 0, keys, value_size)};
}

LoadOptions LoadFlags::Options(const Endpoint& endpoint, bool with_heavy) const {
  return Options(endpoint, Classes(with_heavy));
}

LoadOptions LoadFlags::Options(const Endpoint& endpoint, std::vector<LoadClass> classes) const {
  return {.endpoint = endpoint,
          .classes = std::move(classes),
          .plan = {.warmup_ns = static_cast<int64_t>(warmup * kNsPerSecond),
                   .duration_ns = static_cast<int64_t>(seconds * kNsPerSecond),
                   .seed = seed}};
}

}  // namespace overtake::bench
