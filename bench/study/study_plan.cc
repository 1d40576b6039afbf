#include "bench/study/study_plan.h"

#include <algorithm>

#include "bench/load/load_spec.h"
#include "bench/machine.h"
#include "bench/servers.h"

namespace overtake::bench {
namespace {

bool CanRun(const std::string& server, const Scenario& scenario, const StudyPoint& point) {
  if (scenario.needs_debug_commands) return IsOvertake(server);
  // The floor answers every get with one value of 100 bytes.
  return server != kEcho ||
         std::all_of(point.classes.begin(), point.classes.end(), [](const LoadClass& load) {
           return load.kind == RequestKind::kGet && load.keys_per_request == 1 &&
                  load.sizes.text() == "100";
         });
}

}  // namespace

StudyRun StudyStep::Empty() const {
  StudyRun run;
  run.scenario = scenario->name;
  run.point = point->name;
  run.server = server->name;
  run.round = round;
  return run;
}

std::vector<StudyStep> StudyPlan::StepsLeft(const StudyStore& store) const {
  std::vector<StudyStep> steps;
  for (int round = 0; round < rounds; ++round) {
    for (const Scenario& scenario : scenarios) {
      for (const StudyPoint& point : scenario.points) {
        for (size_t i = 0; i < servers.size(); ++i) {
          const ServerSpec& server = servers[(i + static_cast<size_t>(round)) % servers.size()];
          if (!CanRun(server.name, scenario, point)) continue;
          const StudyStep step{&scenario, &point, &server, round};
          if (!store.IsFinished(step.Empty())) steps.push_back(step);
        }
      }
    }
  }
  return steps;
}

nlohmann::json StudyPlan::Json() const {
  nlohmann::json json = {{"machine", MachineJson()},
                         {"rounds", rounds},
                         {"seconds", load.seconds},
                         {"warmup", load.warmup},
                         {"seed", load.seed},
                         {"threads", threads},
                         {"servers", nlohmann::json::array()},
                         {"scenarios", nlohmann::json::array()},
                         {"classes", nlohmann::json::array()}};
  if (workers.has_value()) json["workers"] = *workers;
  for (const ServerSpec& server : servers) {
    // Without the program's folder.
    json["servers"].push_back(
        {{"name", server.name},
         {"flags", std::vector<std::string>(server.argv.begin() + 1, server.argv.end())}});
  }
  for (const Scenario& scenario : scenarios) {
    json["scenarios"].push_back(scenario.name);
    for (const StudyPoint& point : scenario.points) {
      for (const LoadClass& each : point.classes) json["classes"].push_back(SpecOf(each));
    }
  }
  return json;
}

}  // namespace overtake::bench
