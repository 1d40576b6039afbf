#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/load/load_class.h"

namespace overtake::bench {

// A class of a load as one word: "NAME=KIND,KEY=VALUE,...", for example
//
//   light=get,rate=5000,connections=64,count=10000,popularity=zipf:0.99
//   slow=spin,rate=200,connections=8,service=bimodal-90-10:100,arrivals=bursty:10:90
//
// What each key means and may be: LoadSpecHelp.

// An InvalidArgumentError names the key and says what is allowed.
absl::StatusOr<LoadClass> ParseLoadClass(absl::string_view spec);

// The word that gives `load`.
std::string SpecOf(const LoadClass& load);

// A line for each kind and each key.
std::string LoadSpecHelp();

}  // namespace overtake::bench
