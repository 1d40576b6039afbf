#include "bench/summary.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/load/load_spec.h"
#include "bench/table.h"

namespace overtake::bench {

Spread SpreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

std::string ToString(double value, int decimals) {
  std::string text = absl::StrFormat("%.*f", std::abs(value) < 100 ? decimals : 0, value);
  size_t point = std::min(text.find('.'), text.size());
  for (size_t digits = 3; digits < point; digits += 3) text.insert(point - digits, 1, ',');
  return text;
}

std::string ToString(const Spread& spread, int decimals) {
  const std::string median = ToString(spread.median, decimals);
  if (spread.min == spread.max) return median;
  return absl::StrCat(median, " (", ToString(spread.min, decimals), "-",
                      ToString(spread.max, decimals), ")");
}

nlohmann::json ToJson(const Histogram& nanoseconds) {
  nlohmann::json json = {{"count", nanoseconds.count()},
                         {"mean_us", nanoseconds.Mean() / 1000},
                         {"max_us", Microseconds(nanoseconds.Max())}};
  for (const double percent : {50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.99}) {
    json[absl::StrFormat("p%g_us", percent)] =
        Microseconds(nanoseconds.ValueAtQuantile(percent / 100));
  }
  return json;
}

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

nlohmann::json ToJson(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

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

absl::Status WriteJson(const std::string& path, const nlohmann::json& value) {
  if (path == "-") {
    std::cout << value.dump(2) << std::endl;
    return absl::OkStatus();
  }
  std::ofstream file(path);
  file << value.dump(2) << std::endl;
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace overtake::bench
