#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/simulate/study.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace overtake::bench::simulate {
namespace {

std::string LatencyTable(const Study& study, const StudyOptions& options, int cores,
                         double LoadPoint::*p99_us) {
  std::vector<std::string> header = {"load", "light/s"};
  for (const NamedMode& mode : options.modes) header.push_back(mode.name);
  TextTable table(header);
  for (const double load : options.loads) {
    std::vector<std::string> row = {absl::StrFormat("%g", load)};
    for (const NamedMode& mode : options.modes) {
      const LoadPoint* point = study.Find(mode.name, cores, load);
      if (row.size() == 1) row.push_back(ToString(point->light_per_second));
      row.push_back(point->saturated ? "-" : ToString(point->*p99_us));
    }
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

std::string SaturationTable(const Study& study, const StudyOptions& options) {
  std::vector<std::string> header = {"cores"};
  for (const NamedMode& mode : options.modes) header.push_back(mode.name);
  TextTable table(header);
  for (const int cores : options.saturation_cores) {
    std::vector<std::string> row = {absl::StrCat(cores)};
    for (const NamedMode& mode : options.modes) {
      const SaturationPoint& point = *study.Find(mode.name, cores);
      row.push_back(ToString(point.per_second / 1000));
      if (point.dispatcher_share > 0) {
        absl::StrAppendFormat(&row.back(), " (%.0f %%)", 100 * point.dispatcher_share);
      }
    }
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

std::string Conclusions(const Study& study, const StudyOptions& options) {
  std::string text;
  for (const NamedMode& mode : options.modes) {
    const int cores = SaturatesAt(study, options, mode.name);
    if (cores == 0) continue;
    absl::StrAppendFormat(&text, "%s: no more requests a second with more than %d cores\n",
                          mode.name, cores);
  }
  return text;
}

}  // namespace

std::string ToTable(const Study& study, const StudyOptions& options) {
  std::string text;
  const bool heavy = options.workload.heavy_per_light > 0;
  for (const int cores : options.cores) {
    absl::StrAppendFormat(
        &text, "%d cores: p99 of light requests, us, by offered load (-: work piles up)\n", cores);
    absl::StrAppend(&text, LatencyTable(study, options, cores, &LoadPoint::light_p99_us), "\n");
    if (!heavy) continue;
    absl::StrAppendFormat(&text, "%d cores: p99 of heavy requests, us\n", cores);
    absl::StrAppend(&text, LatencyTable(study, options, cores, &LoadPoint::heavy_p99_us), "\n");
  }
  if (options.saturation_cores.empty()) return text;
  absl::StrAppend(&text,
                  "Light requests alone, as many as are served: thousands a second, by cores (the "
                  "share of the time that the dispatch thread is busy)\n",
                  SaturationTable(study, options), Conclusions(study, options));
  return text;
}

nlohmann::json ToJson(const Study& study, const StudyOptions& options) {
  nlohmann::json loads = nlohmann::json::array(), saturation = nlohmann::json::array();
  for (const LoadPoint& point : study.loads) {
    loads.push_back({{"mode", point.mode},
                     {"cores", point.cores},
                     {"load", point.load},
                     {"light_per_second", point.light_per_second},
                     {"saturated", point.saturated},
                     {"light", point.light},
                     {"heavy", point.heavy},
                     {"busiest_thread", point.busiest},
                     {"busiest_thread_share", point.busiest_share}});
  }
  for (const SaturationPoint& point : study.saturation) {
    saturation.push_back({{"mode", point.mode},
                          {"cores", point.cores},
                          {"per_second", point.per_second},
                          {"dispatcher_share", point.dispatcher_share}});
  }
  nlohmann::json saturates = nlohmann::json::object();
  for (const NamedMode& mode : options.modes) {
    if (const int cores = SaturatesAt(study, options, mode.name)) saturates[mode.name] = cores;
  }
  const Workload& workload = options.workload;
  return {{"workload",
           {{"heavy_per_light", workload.heavy_per_light},
            {"keys", workload.keys},
            {"value_size", workload.value_size},
            {"light_connections", options.light_connections},
            {"heavy_connections", options.heavy_connections}}},
          {"loads", loads},
          {"saturation", saturation},
          {"saturates_at_cores", saturates}};
}

}  // namespace overtake::bench::simulate
