#pragma once

#include <cstdint>
#include <string>

#include "bench/load/arrivals.h"
#include "bench/load/service_time.h"
#include "bench/load/value_sizes.h"

namespace overtake::bench {

// What a class of a load asks for.
enum class RequestKind {
  kGet,  // of one key, or a multiget
  kSet,
  kDelete,
  kMetaGet,  // mg <key> v
  kSpin,     // debug spin: uses a processor of the server for the class's service time
  kSleep,    // debug sleep: keeps a thread of the server for that long
};

// One kind of request in a load, spread over connections of its own and sent by a thread of its
// own. A load is a list of these.
struct LoadClass {
  std::string name;
  RequestKind kind = RequestKind::kGet;
  double rate = 0;  // requests a second, all connections together
  ArrivalProcess arrivals = {};
  int connections = 1;
  // Which connection a request goes to. In turn; otherwise at random, number i with a probability
  // proportional to i^-skew.
  bool connections_in_turn = false;
  double connection_skew = 0;
  int keys_per_request = 1;  // 1: get, more: multiget
  int key_count = 1;         // how many different keys are asked for; >= keys_per_request
  double key_skew = 0;       // popularity: Zipf's exponent; 0: all keys alike
  ValueSizes sizes = {};
  ServiceTime service = ServiceTime::Fixed(1);  // kSpin, kSleep
  // Whose keys these are: classes of the same space have keys, popularity and sizes in common.
  // Empty: the class's own.
  std::string space = {};
  // Whether its latencies are of the order of the scheduler's: its thread then runs before others.
  // Not where its own work is long: that would take the processor from the server.
  bool urgent = false;

  bool has_keys() const { return kind != RequestKind::kSpin && kind != RequestKind::kSleep; }
  const std::string& key_space() const { return space.empty() ? name : space; }
};

// "light" and "heavy", the two classes that a comparison of architectures is about.
LoadClass LightClass(double rate);
LoadClass HeavyClass(double rate, int keys_per_request, int value_size);

}  // namespace overtake::bench
