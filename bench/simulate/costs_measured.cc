#include "bench/simulate/costs_measured.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "bench/clock.h"
#include "bench/summary.h"

namespace overtake::bench::simulate {
namespace {

// Each benchmark's time in microseconds: the least of its repetitions, which were disturbed least.
// Where one thread does it all, its processor time.
std::map<std::string, double> MicroTimes(const nlohmann::json& json) {
  std::map<std::string, double> times;
  for (const nlohmann::json& run : json["benchmarks"]) {
    if (!run.is_object() || run.value("run_type", "") == "aggregate") continue;
    if (run.value("time_unit", "") != "ns" || run.contains("error_occurred")) continue;
    const std::string name = run.value("run_name", "");
    const char* const time = absl::StrContains(name, "_time") ? "real_time" : "cpu_time";
    const double us = run.value(time, 0.0) / kNsPerUs;
    const auto [entry, first] = times.emplace(name, us);
    if (!first) entry->second = std::min(entry->second, us);
  }
  return times;
}

double MedianCpu(const nlohmann::json& json, absl::string_view server) {
  std::vector<double> values;
  for (const nlohmann::json& run : json["runs"]) {
    if (!run.is_object() || run.value("depth", 0) != 1 || run.value("server", "") != server) {
      continue;
    }
    values.push_back(run.value("cpu_us_per_request", 0.0));
  }
  return SpreadOf(std::move(values)).median;
}

}  // namespace

absl::Status ReadMicroBenchmarks(const nlohmann::json& json, Costs* costs) {
  const std::map<std::string, double> us = MicroTimes(json);
  bool any = false;
  const auto both = [&](const char* one, const char* other) {
    const bool found = us.contains(one) && us.contains(other);
    any |= found;
    return found;
  };
  constexpr char kSend[] = "BM_Send/128/manual_time", kSend64[] = "BM_Send/65536/manual_time";
  if (both(kSend, kSend64)) {
    costs->send_us = us.at(kSend);
    costs->send_kb_us = std::max(0.0, us.at(kSend64) - us.at(kSend)) / 64;
  }
  constexpr char kReceive[] = "BM_Receive/128/manual_time";
  constexpr char kReceive64[] = "BM_Receive/65536/manual_time";
  if (both(kReceive, kReceive64)) {
    costs->read_kb_us = std::max(0.0, us.at(kReceive64) - us.at(kReceive)) / 64;
    costs->client_receive_us = us.at(kReceive);
  }
  if (both("BM_ExecuteGet/1", "BM_ExecuteGet/4000")) {
    costs->execute_us = us.at("BM_ExecuteGet/1");
    costs->execute_key_us = us.at("BM_ExecuteGet/4000") / 4000;
  }
  // A request that goes to a sleeping worker and back wakes two threads more.
  constexpr char kByReader[] = "BM_RoundTripByReader/real_time";
  constexpr char kBySleeper[] = "BM_RoundTripBySleepingWorker/real_time";
  if (both(kByReader, kBySleeper)) {
    costs->wake_latency_us = std::max(0.0, us.at(kBySleeper) - us.at(kByReader)) / 2;
  }
  return any ? absl::OkStatus()
             : absl::InvalidArgumentError("no benchmark of overtake-micro that tells a cost");
}

absl::Status ReadCpuResults(const nlohmann::json& json, Costs* costs) {
  const double memcached = MedianCpu(json, "memcached");
  if (memcached == 0) {
    return absl::InvalidArgumentError("no results of mode memcached without pipelining");
  }
  costs->read_us = std::max(0.0, memcached - costs->send_us - costs->execute_us);
  const double ramcloud = MedianCpu(json, "ramcloud");
  if (ramcloud > 0) {
    const double more = ramcloud - memcached - costs->hand_over_us - costs->give_back_us;
    costs->wake_us = std::max(0.0, more) / 2;
  }
  return absl::OkStatus();
}

}  // namespace overtake::bench::simulate
