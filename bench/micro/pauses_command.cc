// overtake-bench pauses: how long single operations of the store take.

#include <iostream>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/command.h"
#include "bench/disturbance.h"
#include "bench/machine.h"
#include "bench/micro/pauses.h"
#include "bench/progress.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace overtake::bench {
namespace {

struct PausesCommand {
  uint64_t memory_mb = 1024;
  uint64_t operations = 10'000'000;
  uint64_t items = 10'000'000;
  int rounds = 3;
  std::string json;
};

constexpr NamedQuantile kTail[] = {{"p50", 0.5},       {"p99", 0.99},        {"p99.9", 0.999},
                                   {"p99.99", 0.9999}, {"p99.999", 0.99999}, {"max", 1}};

std::string ToText(double us) { return absl::StrFormat("%.*f", us < 100 ? 2 : 0, us); }

std::vector<std::string> Row(int round, const Pauses& pauses) {
  std::vector<std::string> row = {absl::StrCat(pauses.what, " ", round),
                                  ToString(static_cast<double>(pauses.nanoseconds->count()))};
  for (const NamedQuantile& quantile : kTail) {
    row.push_back(ToText(Microseconds(pauses.nanoseconds->ValueAtQuantile(quantile.q))));
  }
  row.push_back(absl::StrCat(pauses.longer));
  row.push_back(absl::StrCat(pauses.switched_out));
  return row;
}

nlohmann::json ToJson(int round, const Pauses& pauses) {
  nlohmann::json json = {{"what", pauses.what},
                         {"round", round},
                         {"operations", pauses.nanoseconds->count()},
                         {"longer_than_1ms", pauses.longer},
                         {"switched_out", pauses.switched_out}};
  for (const NamedQuantile& quantile : kTail) {
    json[absl::StrCat(quantile.name, "_us")] =
        Microseconds(pauses.nanoseconds->ValueAtQuantile(quantile.q));
  }
  return json;
}

absl::Status Run(const PausesCommand& command) {
  const DisturbanceMeter meter;
  TextTable table({"us", "operations", "p50", "p99", "p99.9", "p99.99", "p99.999", "max", "> 1 ms",
                   "switched out"});
  nlohmann::json results = nlohmann::json::array();
  LiveLine line;
  const auto keep = [&](int round, const Pauses& pauses) {
    table.AddRow(Row(round, pauses));
    results.push_back(ToJson(round, pauses));
  };
  const auto progress = [&line](int round, const char* what) {
    return [&line, round, what](double share) {
      line.Show(absl::StrFormat("round %d: %s, %.0f %%", round, what, share * 100));
    };
  };
  for (int round = 1; round <= command.rounds; ++round) {
    const Pauses eviction =
        PausesOfEviction(command.memory_mb << 20, command.operations, progress(round, "eviction"));
    keep(round, eviction);
    keep(round, PausesOfGrowth(command.items, progress(round, "growth of the index")));
    keep(round, PausesOfMachine(command.operations, eviction.nanoseconds->ValueAtQuantile(0.5),
                                progress(round, "the machine alone")));
  }
  std::cout << MachineLine() << '\n'
            << "Single operations of the store, one thread. eviction: sets of new keys, 100 bytes, "
            << "in a full store of " << command.memory_mb << " MB; growth: sets of new keys, "
            << "up to the " << ToString(static_cast<double>(command.items))
            << "th item; machine: no store, the same time spent in a loop.\n\n"
            << table.ToString() << meter.Read().Note();
  if (command.json.empty()) return absl::OkStatus();
  return WriteJson(command.json, {{"machine", MachineJson()}, {"pauses", results}});
}

}  // namespace

void AddPausesCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<PausesCommand>();
  CLI::App* sub = app.add_subcommand(
      "pauses",
      "Time single operations of the store, in this process: eviction, growth of the index");
  sub->add_option("--memory", command->memory_mb, "Memory of the store that evicts, in MB")
      ->check(CLI::Range(2, 65536))
      ->capture_default_str();
  sub->add_option("--operations", command->operations, "Sets that are timed under eviction")
      ->check(CLI::Range(1000U, 1'000'000'000U))
      ->capture_default_str();
  sub->add_option("--items", command->items, "Items that the index grows to")
      ->check(CLI::Range(2000U, 500'000'000U))
      ->capture_default_str();
  sub->add_option("--rounds", command->rounds, "Times that each is measured")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  sub->add_option("--json", command->json, "Also write the results here");
  sub->callback([command, outcome] { *outcome = Run(*command); });
}

}  // namespace overtake::bench
