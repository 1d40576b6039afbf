// Which runs a study consists of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/load/load_flags.h"
#include "bench/server_process.h"
#include "bench/study/scenarios.h"
#include "bench/study/study_run.h"
#include "bench/study/study_store.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// One run that is to be made. What it points to is a StudyPlan's.
struct StudyStep {
  const Scenario* scenario;
  const StudyPoint* point;
  const ServerSpec* server;
  int round;

  StudyRun Empty() const;
};

// What a study is to measure.
struct StudyPlan {
  std::vector<ServerSpec> servers;
  int threads = 0;             // of each server
  std::optional<int> workers;  // of modes that have them, if it was given
  std::vector<Scenario> scenarios;
  int rounds = 0;
  LoadFlags load;  // how long a run is, and the seed

  // The runs that `store` lacks, in the order in which they are to be made. Rounds are interleaved:
  // in each, every load meets every server that can take it, a different one first.
  std::vector<StudyStep> StepsLeft(const StudyStore& store) const;

  // Its machine, servers with their flags, loads and figures: what must be the same for runs to
  // belong to one study.
  nlohmann::json Json() const;
};

}  // namespace overtake::bench
