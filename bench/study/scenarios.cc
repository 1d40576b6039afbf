#include "bench/study/scenarios.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/load_spec.h"

namespace overtake::bench {
namespace {

constexpr char kLight[] = "light=get,rate=5000,connections=64,count=10000";

// Constants of this file, so known to be right.
std::vector<LoadClass> Classes(const std::vector<std::string>& specs) {
  std::vector<LoadClass> classes;
  for (const std::string& spec : specs) classes.push_back(*ParseLoadClass(spec));
  return classes;
}

Scenario One(std::string name, std::string title, std::string why,
             const std::vector<std::string>& specs) {
  Scenario scenario{.name = std::move(name),
                    .title = std::move(title),
                    .why = std::move(why),
                    .compared = "light",
                    .x_axis = "",
                    .points = {}};
  scenario.points.push_back({.name = "", .classes = Classes(specs)});
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
                               .classes = Classes({absl::StrCat("light=get,rate=", rate,
                                                                ",connections=64,count=10000")})});
  }
  return scenario;
}

}  // namespace

std::vector<Scenario> StudyScenarios(bool quick) {
  std::vector<Scenario> scenarios;
  scenarios.push_back(One("light", "Light gets alone",
                          "The price of each architecture where nothing is to be gained.",
                          {kLight}));
  Scenario multigets = One("multigets", "Light gets beside multigets of 4,000 keys",
                           "Head-of-line blocking: who waits behind a request of a millisecond.",
                           {kLight, "heavy=get,rate=100,connections=8,keys=4000,count=8000"});
  multigets.traced = true;
  scenarios.push_back(std::move(multigets));
  scenarios.push_back(
      One("large-values", "Light gets beside values of 500 KB, read and written",
          "Few keys, many bytes: the time goes into copying and into the sockets.",
          {kLight, "reads=get,rate=60,connections=8,count=64,size=500000,space=large,urgent=0",
           "writes=set,rate=20,connections=4,count=64,size=500000,space=large,urgent=0"}));
  Scenario bimodal =
      One("bimodal", "99.5 % of requests take 3 us, 0.5 % take 3 ms",
          "Service times of a server that does more than look up: Shinjuku's bimodal distribution.",
          {"light=spin,rate=4000,connections=64,service=bimodal-99.5-0.5:20"});
  bimodal.needs_debug_commands = true;
  scenarios.push_back(std::move(bimodal));
  scenarios.push_back(
      One("unbalanced", "20,000 gets a second on 16 connections, a third of them on one",
          "Whoever holds the busiest connections has most to do, whatever the others have.",
          {"light=get,rate=20000,connections=16,spread=zipf:1.05,count=10000"}));
  scenarios.push_back(One("bursts", "Bursts: 5 ms of 50,000 gets a second, then 45 ms of none",
                          "Queues fill and drain; who can use every thread drains them sooner.",
                          {"light=get,rate=5000,arrivals=bursty:5:45,connections=64,count=10000"}));
  scenarios.push_back(OfferedLoad(quick));
  return scenarios;
}

}  // namespace overtake::bench
