#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/memory/request.h"

namespace overtake::bench {

// What a generator draws. Popularity is Zipf's with `exponent` over `keys` keys of 15 to 18 bytes;
// a key's value has always the same size, log-normal with `mu` and `sigma` over the keys, unless
// the kind says otherwise. The same fields give the same requests, on any machine.
struct Workload {
  enum class Kind {
    kZipf,   // gets
    kFill,   // sets of keys that never come again, 19 bytes each: how much is held?
    kScan,   // gets; two of five requests, in runs of 40,000, scan keys that never come again
    kShift,  // gets; half-way, other keys, a tenth as many, take over with values 20 times as
             // large: 100 bytes become 2 KB (slab calcification)
    kTtl,    // gets paced by `rate`; a quarter of the keys each lives 2, 4 and 8 s, one for ever
    kOverwrite,  // gets and sets in turn by a coin; every set draws its value's size anew
    kObjects,    // gets of 512 B to 64 KB in steps of 512 B, log-uniform, often a few neighbours
                 // in a row, as a block store is read
  };
  Kind kind = Kind::kZipf;
  uint64_t requests = 0;
  uint64_t keys = 0;    // kFill: unused
  double exponent = 0;  // kFill: unused
  double mu = 0;        // of the logarithm of a value's bytes; kObjects: unused
  double sigma = 0;
  double rate = 0;  // requests a second; 0: as fast as they are answered
  uint64_t seed = 1;
};

// Names of the kinds, as flags and tables give them, in the order of the enumeration.
inline constexpr absl::string_view kWorkloadNames[] = {"zipf", "fill",      "scan",   "shift",
                                                       "ttl",  "overwrite", "objects"};

// The workload of that name with the parameters that the comparison of stores uses.
// REQUIRES: `name` is one of kWorkloadNames.
Workload DefaultWorkload(absl::string_view name);

// How many sets of kFill leave any store of `memory_mb` in steady eviction: twice as many as fit if
// nothing but keys and values took memory.
uint64_t FillRequests(double mu, double sigma, int memory_mb);

// REQUIRES: requests >= 1; keys >= 1 and exponent > 0 unless kFill; sigma >= 0.
std::unique_ptr<RequestSource> MakeSource(const Workload& workload);

}  // namespace overtake::bench
