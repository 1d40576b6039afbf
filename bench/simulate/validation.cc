#include "bench/simulate/validation.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/simulate/simulation.h"
#include "bench/simulate/theory.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace overtake::bench::simulate {
namespace {

enum class Discipline { kFirstCome, kShared, kInterrupted };

struct Case {
  const char* queue;
  const char* model;
  Mode mode;
  ServiceTime service;
  double load;      // of each server
  int servers = 1;  // that one queue waits for
  int queues = 1;
  Discipline discipline = Discipline::kFirstCome;
  // More where waits are rare and come in clusters, fewer where a request is interrupted often.
  double requests = 1;
};

constexpr double kMeanUs = 10;

const std::vector<Case>& Cases() {
  static const auto* const cases = new std::vector<Case>{
      {"M/M/1", "node", Mode::kNode, ServiceTime::Exponential(kMeanUs), 0.5},
      {"M/M/1", "node", Mode::kNode, ServiceTime::Exponential(kMeanUs), 0.8},
      {"M/M/1", "node", Mode::kNode, ServiceTime::Exponential(kMeanUs), 0.9},
      {"M/D/1", "node", Mode::kNode, ServiceTime::Fixed(kMeanUs), 0.8},
      {"M/G/1, bimodal 90:10", "node", Mode::kNode, ServiceTime::Bimodal(0.9, 5, 55), 0.8},
      {"M/G/1, bimodal 99.5:0.5", "node", Mode::kNode, ServiceTime::Bimodal(0.995, 5, 1'005), 0.5},
      {"M/G/1, log-normal, sigma 1", "node", Mode::kNode, ServiceTime::LogNormal(kMeanUs, 1), 0.8},
      {"M/M/2", "ramcloud, 2 workers", Mode::kRamcloud, ServiceTime::Exponential(kMeanUs), 0.8, 2},
      {"M/M/16", "ramcloud, 16 workers", Mode::kRamcloud, ServiceTime::Exponential(kMeanUs), 0.9,
       16},
      {"M/M/64", "ramcloud, 64 workers", Mode::kRamcloud, ServiceTime::Exponential(kMeanUs), 0.9,
       64, 1, Discipline::kFirstCome, 4},
      {"16 M/M/1", "memcached, 16 threads", Mode::kMemcached, ServiceTime::Exponential(kMeanUs),
       0.8, 1, 16},
      {"M/G/1, shared, bimodal", "nginx, 256 workers, 1 core", Mode::kNginx,
       ServiceTime::Bimodal(0.9, 5, 55), 0.5, 1, 1, Discipline::kShared, 0.1},
      {"M/M/1, interrupted", "overtake, 1 core", Mode::kOvertake,
       ServiceTime::Exponential(10 * kMeanUs), 0.4, 1, 1, Discipline::kInterrupted},
  };
  return *cases;
}

// Where work is interrupted: what interrupts it, as much work again as there is of it.
const ServiceTime kUrgent = ServiceTime::Exponential(kMeanUs);

Options OptionsFor(const Case& c, uint64_t requests, uint64_t seed) {
  Options options;
  options.mode = c.mode;
  options.costs = Costs::None();
  options.requests = static_cast<uint64_t>(c.requests * static_cast<double>(requests));
  options.seed = seed;
  options.threads = c.queues;
  options.workers = c.servers;
  options.cores = c.servers * c.queues + (options.mode == Mode::kRamcloud ? 1 : 0);
  const double rate = c.load * c.servers * c.queues / c.service.Mean();  // a microsecond
  Load load;
  load.name = "light";
  load.per_second = rate * 1e6;
  load.connections = c.queues > 1 ? c.queues : 0;
  load.execution = c.service;
  if (c.discipline == Discipline::kShared) {
    options.workers = 256;  // never all busy
    options.costs.urgent_slice_us = kMeanUs / 200;
  }
  if (c.discipline == Discipline::kInterrupted) {
    load.name = "heavy";
    load.heavy = true;
    Load urgent = load;
    urgent.name = "light";
    urgent.heavy = false;
    urgent.per_second = c.load / kUrgent.Mean() * 1e6;
    urgent.execution = kUrgent;
    options.loads.push_back(urgent);
  }
  options.loads.insert(options.loads.begin(), load);
  return options;
}

}  // namespace

int ValidationCount() { return static_cast<int>(Cases().size()); }

std::string ValidationName(int index) {
  const Case& c = Cases()[static_cast<size_t>(index)];
  return absl::StrFormat("%s, load %g", c.queue,
                         c.discipline == Discipline::kInterrupted ? 2 * c.load : c.load);
}

ValidationRow Validate(int index, uint64_t requests, uint64_t seed,
                       const std::function<void()>& tick) {
  const Case& c = Cases()[static_cast<size_t>(index)];
  const Options options = OptionsFor(c, requests, seed);
  const Result result = Simulate(options, tick);
  ValidationRow row;
  row.queue = ValidationName(index);
  row.model = c.model;
  const double rate = options.loads[0].per_second / 1e6 / c.queues;
  switch (c.discipline) {
    case Discipline::kFirstCome:
      row.theory_us = c.servers > 1 ? ErlangWait(c.servers, rate, c.service.Mean())
                                    : PollaczekKhinchineWait(rate, c.service);
      break;
    case Discipline::kShared:
      row.theory_us = ProcessorSharingResponse(rate, c.service);
      break;
    case Discipline::kInterrupted:
      row.theory_us =
          InterruptedResponse(rate, c.service, options.loads[1].per_second / 1e6, kUrgent);
      break;
  }
  const LoadStatistics& statistics = result.loads[0];
  const bool wait = c.discipline == Discipline::kFirstCome;
  row.quantity = wait ? "wait" : "response";
  const BatchMeans& means = wait ? statistics.wait_us : statistics.response_us;
  row.simulated_us = means.Mean();
  row.standard_error_us = means.StandardError();
  return row;
}

std::string ToTable(const std::vector<ValidationRow>& rows) {
  TextTable table(
      {"queue", "simulated by", "mean", "theory us", "simulated us", "error", "standard error"});
  for (const ValidationRow& row : rows) {
    table.AddRow({row.queue, row.model, row.quantity, ToString(row.theory_us, 3),
                  ToString(row.simulated_us, 3), absl::StrFormat("%+.2f %%", 100 * row.Error()),
                  absl::StrFormat("%.2f %%", 100 * row.standard_error_us / row.theory_us)});
  }
  return table.ToString();
}

nlohmann::json ToJson(const ValidationRow& row) {
  return {{"queue", row.queue},
          {"model", row.model},
          {"quantity", row.quantity},
          {"theory_us", row.theory_us},
          {"simulated_us", row.simulated_us},
          {"standard_error_us", row.standard_error_us},
          {"error", row.Error()}};
}

}  // namespace overtake::bench::simulate
