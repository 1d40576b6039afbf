#include "bench/load/class_result.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/load/load_spec.h"
#include "bench/summary.h"
#include "bench/table.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {
namespace {

// What keeps these figures from being the server's.
std::string NoteOn(const ClassResult& result) {
  std::vector<std::string> notes;
  if (result.GeneratorLate()) notes.emplace_back("INVALID: generator late");
  if (result.unanswered > 0) {
    notes.push_back(absl::StrCat(result.unanswered, " sent and not answered"));
  }
  if (result.open_loop && result.latency.count() < result.planned) {
    notes.push_back(absl::StrCat(result.latency.count(), " of ", result.planned, " measured"));
  }
  return absl::StrJoin(notes, ", ");
}

}  // namespace

nlohmann::json ToJson(const ClassResult& result) {
  return {{"name", result.load.name},
          {"spec", SpecOf(result.load)},
          {"loop", result.open_loop ? "open" : "closed"},
          {"planned", result.planned},
          {"unanswered", result.unanswered},
          {"requests_per_second", result.Throughput()},
          {"latency", ToJson(result.latency)},
          {"generator_lag", ToJson(result.lag)},
          {"generator_late", result.GeneratorLate()}};
}

std::string ToTable(const std::vector<ClassResult>& results) {
  TextTable table({"us", "requests", "per s", "mean", "p50", "p90", "p99", "p99.9", "max",
                   "lag p50", "lag p99", ""});
  for (const ClassResult& result : results) {
    const auto at = [](const Histogram& histogram, double q) {
      return ToString(Microseconds(histogram.ValueAtQuantile(q)));
    };
    table.AddRow({result.load.name, ToString(static_cast<double>(result.latency.count())),
                  ToString(result.Throughput()), ToString(result.latency.Mean() / 1000),
                  at(result.latency, 0.5), at(result.latency, 0.9), at(result.latency, 0.99),
                  at(result.latency, 0.999), ToString(Microseconds(result.latency.Max())),
                  at(result.lag, 0.5), at(result.lag, 0.99), NoteOn(result)});
  }
  return table.ToString();
}

}  // namespace overtake::bench
