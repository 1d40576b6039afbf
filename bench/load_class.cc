#include "bench/load_class.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "absl/strings/str_format.h"
#include "bench/clock.h"

namespace overtake::bench {
namespace {

constexpr int kLightConnections = 64;
constexpr int kLightKeys = 10'000;
constexpr int kLightValueSize = 100;
constexpr int kHeavyConnections = 8;

// Uniform in [0, 1); spelled out because std::uniform_real_distribution may differ by library.
double Uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

uint32_t Below(std::mt19937_64& random, int bound) {
  return static_cast<uint32_t>(Uniform(random) * bound);
}

}  // namespace

LoadClass LightClass(double rate) {
  return {.name = "light",
          .rate = rate,
          .connections = kLightConnections,
          .keys_per_request = 1,
          .key_count = kLightKeys,
          .value_size = kLightValueSize,
          .urgent = true};
}

LoadClass HeavyClass(double rate, int keys_per_request, int value_size) {
  return {.name = "heavy",
          .rate = rate,
          .connections = kHeavyConnections,
          .keys_per_request = keys_per_request,
          .key_count = 2 * keys_per_request,
          .value_size = value_size};
}

std::vector<Arrival> MakeSchedule(const LoadClass& load, int64_t duration_ns, uint64_t seed) {
  std::vector<Arrival> schedule;
  if (load.rate <= 0) return schedule;
  std::mt19937_64 random(seed);
  const double mean_gap_ns = static_cast<double>(kNsPerSecond) / load.rate;
  double due = 0;
  while (true) {
    due += -std::log(1 - Uniform(random)) * mean_gap_ns;
    if (due >= static_cast<double>(duration_ns)) return schedule;
    const uint32_t connection = Below(random, load.connections);
    schedule.push_back({static_cast<int64_t>(due), connection, Below(random, load.key_count)});
  }
}

KeyRing::KeyRing(const LoadClass& load, uint64_t seed) {
  std::vector<int> order(static_cast<size_t>(load.key_count));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  for (int i = load.key_count - 1; i > 0; --i) std::swap(order[i], order[Below(random, i + 1)]);

  // The first keys come again at the end, so that a request may start at any position.
  const size_t length = order.size() + static_cast<size_t>(load.keys_per_request) - 1;
  for (size_t i = 0; i < length; ++i) {
    absl::StrAppendFormat(&text_, " %c%07d", load.name.empty() ? 'k' : load.name[0],
                          order[i % order.size()]);
  }
  width_ = text_.size() / length;
}

}  // namespace overtake::bench
