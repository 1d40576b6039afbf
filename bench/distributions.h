#pragma once

#include <cstdint>
#include <random>

namespace overtake::bench {

// Evenly distributed over [0, 1). The standard library's own differ from one library to the next;
// a seed must give the same trace everywhere.
double UniformFrom(uint64_t random_bits);

// `seed`, `a` and `b` mixed into 64 bits that look random (MurmurHash3's finalizer).
uint64_t Mix(uint64_t seed, uint64_t a, uint64_t b = 0);

// Draws ranks from 1 to n, rank r with a probability proportional to r^-exponent, in constant time
// and memory: rejection-inversion (Hörmann and Derflinger, ACM TOMACS 6(3), 1996).
class ZipfDistribution {
 public:
  // REQUIRES: n >= 1, exponent > 0.
  ZipfDistribution(uint64_t n, double exponent);

  uint64_t operator()(std::mt19937_64& random) const;

 private:
  double Density(double x) const;          // x^-exponent
  double Integral(double x) const;         // of the density, from 1 to x
  double InverseIntegral(double y) const;  // the x whose Integral is y

  const double n_;
  const double exponent_;
  const double integral_low_;  // the range that is drawn from
  const double integral_high_;
  const double sure_distance_;  // a rank this close to the drawn x needs no further test
};

// The size in bytes of item `id`: log-normal with the parameters `mu` and `sigma` of its logarithm
// over all ids, and always the same for one id. At least 1, at most 1,000,000, which a server
// stores without being told to allow more.
uint32_t LogNormalSize(double mu, double sigma, uint64_t seed, uint64_t id);

}  // namespace overtake::bench
