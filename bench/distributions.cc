#include "bench/distributions.h"

#include <algorithm>
#include <cmath>

namespace overtake::bench {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kMaxSize = 1'000'000;

}  // namespace

double UniformFrom(uint64_t random_bits) {
  return static_cast<double>(random_bits >> 11) * 0x1p-53;
}

uint64_t Mix(uint64_t seed, uint64_t a, uint64_t b) {
  uint64_t mixed = seed;
  for (const uint64_t next : {a, b}) {
    mixed = (mixed ^ next) + 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCD;
    mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53;
    mixed ^= mixed >> 33;
  }
  return mixed;
}

ZipfDistribution::ZipfDistribution(uint64_t n, double exponent)
    : n_(static_cast<double>(n)),
      exponent_(exponent),
      integral_low_(Integral(1.5) - 1),
      integral_high_(Integral(n_ + 0.5)),
      sure_distance_(2 - InverseIntegral(Integral(2.5) - Density(2))) {}

double ZipfDistribution::Density(double x) const { return std::exp(-exponent_ * std::log(x)); }

// Both by expm1 and log1p, which stay exact where the exponent is close to 1.
double ZipfDistribution::Integral(double x) const {
  const double power = 1 - exponent_;
  return power == 0 ? std::log(x) : std::expm1(power * std::log(x)) / power;
}

double ZipfDistribution::InverseIntegral(double y) const {
  const double power = 1 - exponent_;
  return power == 0 ? std::exp(y) : std::exp(std::log1p(std::max(-1.0, power * y)) / power);
}

uint64_t ZipfDistribution::operator()(std::mt19937_64& random) const {
  while (true) {
    const double y = integral_high_ + UniformFrom(random()) * (integral_low_ - integral_high_);
    const double x = InverseIntegral(y);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (rank - x <= sure_distance_ || y >= Integral(rank + 0.5) - Density(rank)) {
      return static_cast<uint64_t>(rank);
    }
  }
}

uint32_t LogNormalSize(double mu, double sigma, uint64_t seed, uint64_t id) {
  // Box and Muller's transform of two numbers that belong to the id.
  const double radius = std::sqrt(-2 * std::log(1 - UniformFrom(Mix(seed, id, 1))));
  const double normal = radius * std::cos(2 * kPi * UniformFrom(Mix(seed, id, 2)));
  const double size = std::exp(mu + sigma * normal);
  return static_cast<uint32_t>(std::clamp(std::round(size), 1.0, kMaxSize));
}

}  // namespace overtake::bench
