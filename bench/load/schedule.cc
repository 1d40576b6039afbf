#include "bench/load/schedule.h"

#include <cmath>
#include <optional>
#include <random>

#include "bench/distributions.h"

namespace overtake::bench {
namespace {

// Numbers from 0 to `count`, exclusive; small ones more often where `skew` is above 0.
class Chooser {
 public:
  Chooser(int count, double skew, uint64_t seed) : count_(count), random_(seed) {
    if (skew > 0) zipf_.emplace(static_cast<uint64_t>(count), skew);
  }

  uint32_t Next() {
    if (zipf_.has_value()) return static_cast<uint32_t>((*zipf_)(random_)-1);
    return static_cast<uint32_t>(UniformFrom(random_()) * count_);
  }

 private:
  const int count_;
  std::mt19937_64 random_;
  std::optional<ZipfDistribution> zipf_;
};

}  // namespace

std::vector<Arrival> MakeSchedule(const LoadClass& load, int64_t duration_ns, uint64_t seed) {
  enum Purpose : uint64_t { kTimes, kConnections, kKeys, kService };
  std::mt19937_64 times(Mix(seed, kTimes)), service(Mix(seed, kService));
  Chooser connections(load.connections, load.connection_skew, Mix(seed, kConnections));
  Chooser keys(load.key_count, load.key_skew, Mix(seed, kKeys));

  std::vector<Arrival> schedule;
  for (const int64_t due_ns : load.arrivals.Draw(load.rate, duration_ns, times)) {
    const uint32_t connection =
        load.connections_in_turn
            ? static_cast<uint32_t>(schedule.size() % static_cast<size_t>(load.connections))
            : connections.Next();
    const double micros = load.has_keys() ? 0 : load.service.Quantile(UniformFrom(service()));
    schedule.push_back(
        {due_ns, connection, keys.Next(), static_cast<uint32_t>(std::lround(micros))});
  }
  return schedule;
}

}  // namespace overtake::bench
