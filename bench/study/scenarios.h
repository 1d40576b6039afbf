#pragma once

#include <string>
#include <vector>

#include "bench/load/load_class.h"

namespace overtake::bench {

// One load of a scenario.
struct StudyPoint {
  std::string name;  // "" where the scenario has only one
  double x = 0;      // on the axis of a picture: what differs from point to point
  std::vector<LoadClass> classes;
};

// A question that servers are compared by, and the loads that answer it.
struct Scenario {
  std::string name;
  std::string title;
  std::string why;                    // a sentence
  std::string compared;               // the class whose latency counts
  std::string x_axis;                 // what `x` of the points is; "" where there is only one
  bool needs_debug_commands = false;  // so only overtake can run it
  bool traced = false;                // its requests are also shown on a time line
  std::vector<StudyPoint> points;
};

// All scenarios; with `quick`, fewer points where there are several.
std::vector<Scenario> StudyScenarios(bool quick);

// The study's first two, "light" and "multigets", with other loads: `light` alone, and beside
// `heavy`, which is left out where its rate is 0.
std::vector<Scenario> HeadOfLineScenarios(const LoadClass& light, const LoadClass& heavy);

}  // namespace overtake::bench
