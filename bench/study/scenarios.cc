#include "bench/study/scenarios.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/load_spec.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

// A constant of this file, so known to be right.
LoadClass Class(const std::string& spec) { return *ParseLoadClass(spec); }

Scenario One(std::string name, std::string title, std::string why, std::vector<LoadClass> classes) {
  Scenario scenario{.name = std::move(name),
                    .title = std::move(title),
                    .why = std::move(why),
                    .compared = "light",
                    .x_axis = "",
                    .points = {}};
  scenario.points.push_back({.name = "", .classes = std::move(classes)});
  return scenario;
}

Scenario OfferedLoad(bool quick) {
  Scenario scenario{.name = "offered-load",
                    .title = "Light gets, more and more of them",
                    .why = "What each architecture costs shows in how early its tail rises.",
                    .compared = "light",
                    .x_axis = "light gets a second",
                    .points = {}};
  const std::vector<int> rates =
      quick ? std::vector<int>{20'000, 40'000}
            : std::vector<int>{10'000, 20'000, 30'000, 40'000, 50'000, 60'000};
  for (const int rate : rates) {
    scenario.points.push_back({.name = absl::StrCat(rate),
                               .x = static_cast<double>(rate),
                               .classes = {LightClass(rate)}});
  }
  return scenario;
}

}  // namespace

std::vector<Scenario> HeadOfLineScenarios(const LoadClass& light, const LoadClass& heavy) {
  std::vector<Scenario> scenarios;
  scenarios.push_back(One("light", "Light gets alone",
                          "The price of each architecture where nothing is to be gained.",
                          {light}));
  if (heavy.rate == 0) return scenarios;
  scenarios.push_back(One(
      "multigets",
      absl::StrCat("Light gets beside multigets of ", ToString(heavy.keys_per_request), " keys"),
      "Head-of-line blocking: who waits behind a request of a millisecond.", {light, heavy}));
  scenarios.back().traced = true;
  return scenarios;
}

std::vector<Scenario> StudyScenarios(bool quick) {
  const LoadClass light = LightClass(5'000);
  std::vector<Scenario> scenarios = HeadOfLineScenarios(light, HeavyClass(100, 4'000, 100));
  scenarios.push_back(One(
      "large-values", "Light gets beside values of 500 KB, read and written",
      "Few keys, many bytes: the time goes into copying and into the sockets.",
      {light, Class("reads=get,rate=60,connections=8,count=64,size=500000,space=large,urgent=0"),
       Class("writes=set,rate=20,connections=4,count=64,size=500000,space=large,urgent=0")}));
  Scenario bimodal =
      One("bimodal", "99.5 % of requests take 3 us, 0.5 % take 3 ms",
          "Service times of a server that does more than look up: Shinjuku's bimodal distribution.",
          {Class("light=spin,rate=4000,connections=64,service=bimodal-99.5-0.5:20")});
  bimodal.needs_debug_commands = true;
  scenarios.push_back(std::move(bimodal));
  scenarios.push_back(
      One("unbalanced", "20,000 gets a second on 16 connections, a third of them on one",
          "Whoever holds the busiest connections has most to do, whatever the others have.",
          {Class("light=get,rate=20000,connections=16,spread=zipf:1.05,count=10000")}));
  scenarios.push_back(
      One("bursts", "Bursts: 5 ms of 50,000 gets a second, then 45 ms of none",
          "Queues fill and drain; who can use every thread drains them sooner.",
          {Class("light=get,rate=5000,arrivals=bursty:5:45,connections=64,count=10000")}));
  scenarios.push_back(OfferedLoad(quick));
  return scenarios;
}

}  // namespace overtake::bench
