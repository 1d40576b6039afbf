#include "bench/load/load_class.h"

namespace overtake::bench {
namespace {

constexpr int kLightConnections = 64;
constexpr int kLightKeys = 10'000;
constexpr int kHeavyConnections = 8;

}  // namespace

LoadClass LightClass(double rate) {
  return {.name = "light",
          .rate = rate,
          .connections = kLightConnections,
          .key_count = kLightKeys,
          .urgent = true};
}

LoadClass HeavyClass(double rate, int keys_per_request, int value_size) {
  return {.name = "heavy",
          .rate = rate,
          .connections = kHeavyConnections,
          .keys_per_request = keys_per_request,
          .key_count = 2 * keys_per_request,
          .sizes = ValueSizes::Fixed(static_cast<uint32_t>(value_size))};
}

}  // namespace overtake::bench
