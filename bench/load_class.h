#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace overtake::bench {

// One kind of request in an open-loop load: a Poisson process of gets, spread over connections of
// its own and sent by a thread of its own. A load is a list of these.
struct LoadClass {
  std::string name;          // also names its keys
  double rate = 0;           // requests a second, all connections together
  int connections = 1;       // each request goes to one of them, at random
  int keys_per_request = 1;  // 1: get, more: multiget
  int key_count = 1;         // how many different keys are asked for; >= keys_per_request
  int value_size = 100;      // bytes
  // Whether its latencies are of the order of the scheduler's: its thread then runs before others.
  // Not where its own work is long: that would take the processor from the server.
  bool urgent = false;
};

// "light" and "heavy", the two classes that every comparison here is about.
LoadClass LightClass(double rate);
LoadClass HeavyClass(double rate, int keys_per_request, int value_size);

// When a request is due, and what it is.
struct Arrival {
  int64_t due_ns;       // from the start of the run
  uint32_t connection;  // [0, connections)
  uint32_t first_key;   // position in KeyRing, [0, key_count)
};

// All requests of `load` within `duration_ns`, by due time. The same arguments give the same
// schedule: every server of a comparison is sent the same requests at the same times.
std::vector<Arrival> MakeSchedule(const LoadClass& load, int64_t duration_ns, uint64_t seed);

// The keys of a class as one text, so that the key list of any request, however long, is a piece
// of it and needs no building while the clock runs. The order is a permutation from the seed: a
// request's keys are not neighbours in the server's memory.
class KeyRing {
 public:
  KeyRing(const LoadClass& load, uint64_t seed);

  // `count` keys from position `first` on (wrapping around), each with a space before it. Lives as
  // long as the ring. REQUIRES: first < key_count, count <= keys_per_request.
  absl::string_view Keys(size_t first, size_t count) const {
    return absl::string_view(text_).substr(first * width_, count * width_);
  }
  // The key at `position`, without a space.
  absl::string_view Key(size_t position) const { return Keys(position, 1).substr(1); }

 private:
  size_t width_;  // of a key and the space before it
  std::string text_;
};

}  // namespace overtake::bench
