// `overtake-bench cpu`: what a request costs each server in processor time.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/clock.h"
#include "bench/command.h"
#include "bench/disturbance.h"
#include "bench/load/closed_loop.h"
#include "bench/load/preload.h"
#include "bench/machine.h"
#include "bench/progress.h"
#include "bench/servers.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace overtake::bench {
namespace {

constexpr int kKeys = 10'000;
constexpr int kValueSize = 100;  // what the floor answers with, too
constexpr std::chrono::milliseconds kTick(100);

// One server at one depth in one round.
struct Cost {
  int round = 0;
  int depth = 0;
  std::string server;
  double total_us = 0;  // CPU time a request
  double user_us = 0;
  double system_us = 0;
  double requests_per_second = 0;
};

class CpuCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run();

 private:
  absl::Status Measure(const ServerSpec& spec, Progress& progress, Cost* cost);
  absl::Status Wait(double seconds, ServerProcess& server, const ClosedLoop& loop,
                    Progress& progress);
  Spread Of(int depth, const std::string& server, double Cost::*field) const;
  Spread RatioTo(int depth, const std::string& server, absl::string_view base) const;
  void Print(const std::vector<ServerSpec>& servers) const;
  nlohmann::json Json() const;

  ServerFlags servers_;
  int rounds_ = 3;
  double seconds_ = 3;
  double warmup_ = 0.5;
  int connections_ = 50;
  int client_threads_ = 2;
  std::vector<int> depths_ = {1, 16};
  uint64_t seed_ = 1;
  std::string json_;
  std::vector<Cost> costs_;
  Repeater repeater_;
  DisturbanceMeter::Disturbance disturbance_;
};

void CpuCommand::AddTo(CLI::App& command) {
  servers_.AddTo(command, "--servers", /*with_echo=*/true);
  servers_.AddMemoryTo(command);
  servers_.AddTlsTo(command);
  command.add_option("--rounds", rounds_, "Times that each server is measured")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--seconds", seconds_, "Measured seconds of a run")
      ->check(CLI::Range(0.5, 600.0))
      ->capture_default_str();
  command.add_option("--warmup", warmup_, "Seconds before them that are not counted")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  command.add_option("--connections", connections_, "Connections")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--client-threads", client_threads_, "Threads that drive them")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--depths", depths_, "Requests a connection sends at once")
      ->delimiter(',')
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  repeater_.AddTo(command);
  command.add_option("--seed", seed_, "Of the choice of keys")->capture_default_str();
  command.add_option("--json", json_, "Also write the results here (\"-\": only, to stdout)");
}

absl::Status CpuCommand::Run() {
  std::vector<std::string> missing;
  const auto specs = servers_.Find(&missing);
  if (!specs.ok()) return specs.status();
  if (!missing.empty()) std::cerr << "not there: " << absl::StrJoin(missing, ", ") << std::endl;

  const int steps = rounds_ * static_cast<int>(depths_.size() * specs->size());
  absl::Status status;
  {
    Progress progress(steps, warmup_ + seconds_ + 0.3);
    const DisturbanceMeter meter;
    for (int round = 0; round < rounds_ && status.ok(); ++round) {
      for (size_t i = 0; i < depths_.size() * specs->size() && status.ok(); ++i) {
        // A different server is first in each round.
        const ServerSpec& spec = (*specs)[(i + static_cast<size_t>(round)) % specs->size()];
        Cost cost, kept;
        cost.round = round;
        cost.depth = depths_[i / specs->size()];
        cost.server = spec.name;
        progress.Begin(absl::StrFormat("round %d of %d: %s, %d deep", round + 1, rounds_, spec.name,
                                       cost.depth));
        status =
            repeater_.Run([&] { return Measure(spec, progress, &cost); }, [&] { kept = cost; });
        if (status.ok()) costs_.push_back(kept);
      }
    }
    disturbance_ = meter.Read();
    disturbance_.stolen = repeater_.stolen();
  }
  if (json_ != "-") Print(*specs);
  if (!json_.empty()) status.Update(WriteJson(json_, Json()));
  return status;
}

absl::Status CpuCommand::Measure(const ServerSpec& spec, Progress& progress, Cost* cost) {
  auto server = ServerProcess::Start(spec, servers_.port);
  if (!server.ok()) return server.status();
  const LoadClass keys{.name = "k", .key_count = kKeys, .sizes = ValueSizes::Fixed(kValueSize)};
  absl::Status status = Preload((*server)->endpoint(), keys, KeyRing(keys, seed_));
  if (!status.ok()) return status;
  auto loop = ClosedLoop::Start({.endpoint = (*server)->endpoint(),
                                 .connections = connections_,
                                 .depth = cost->depth,
                                 .threads = client_threads_,
                                 .keys = keys,
                                 .seed = seed_});
  if (!loop.ok()) return loop.status();
  status = Wait(warmup_, **server, **loop, progress);
  if (!status.ok()) return status;

  const int64_t start_ns = NowNs();
  const uint64_t start_replies = (*loop)->replies();
  const auto start_cpu = (*server)->Cpu();
  status = Wait(seconds_, **server, **loop, progress);
  const auto end_cpu = (*server)->Cpu();
  const double replies = static_cast<double>((*loop)->replies() - start_replies);
  const double elapsed_s = static_cast<double>(NowNs() - start_ns) / kNsPerSecond;
  status.Update((*loop)->Stop());
  status.Update(start_cpu.status());
  status.Update(end_cpu.status());
  if (!status.ok()) return status;
  if (replies == 0) return absl::InternalError(absl::StrCat(spec.name, " answered nothing"));

  const double user = end_cpu->user_ns - start_cpu->user_ns;
  const double ticks = user + end_cpu->system_ns - start_cpu->system_ns;
  cost->total_us = (end_cpu->total_ns - start_cpu->total_ns) / replies / kNsPerUs;
  cost->user_us = ticks > 0 ? cost->total_us * user / ticks : 0;
  cost->system_us = cost->total_us - cost->user_us;
  cost->requests_per_second = replies / elapsed_s;
  return absl::OkStatus();
}

absl::Status CpuCommand::Wait(double seconds, ServerProcess& server, const ClosedLoop& loop,
                              Progress& progress) {
  const int64_t end = NowNs() + static_cast<int64_t>(seconds * kNsPerSecond);
  for (int64_t left = end - NowNs(); left > 0; left = end - NowNs()) {
    std::this_thread::sleep_for(
        std::min<std::chrono::nanoseconds>(kTick, std::chrono::nanoseconds(left)));
    progress.Tick();
    if (absl::Status status = server.CheckAlive(); !status.ok()) return status;
    if (loop.failed()) return absl::OkStatus();  // Stop() will say why
  }
  return absl::OkStatus();
}

Spread CpuCommand::Of(int depth, const std::string& server, double Cost::*field) const {
  std::vector<double> values;
  for (const Cost& cost : costs_) {
    if (cost.depth == depth && cost.server == server) values.push_back(cost.*field);
  }
  return SpreadOf(std::move(values));
}

// Of the totals, each divided by the one of `base` in the same round.
Spread CpuCommand::RatioTo(int depth, const std::string& server, absl::string_view base) const {
  std::map<int, double> base_by_round;
  for (const Cost& cost : costs_) {
    if (cost.depth == depth && cost.server == base) base_by_round[cost.round] = cost.total_us;
  }
  std::vector<double> ratios;
  for (const Cost& cost : costs_) {
    const auto found = base_by_round.find(cost.round);
    if (cost.depth != depth || cost.server != server || found == base_by_round.end()) continue;
    ratios.push_back(cost.total_us / found->second);
  }
  return SpreadOf(std::move(ratios));
}

void CpuCommand::Print(const std::vector<ServerSpec>& servers) const {
  std::cout << MachineLine() << ", seed " << seed_ << "\n";
  std::cout << "Server CPU in us a request; median of " << rounds_ << " rounds (min-max). "
            << connections_ << " connections, 100-byte values, 1 set : 10 gets, "
            << servers_.threads << " server threads" << (servers_.tls.empty() ? "" : ", under TLS")
            << "\n";
  std::cout << disturbance_.Note();
  for (const int depth : depths_) {
    std::cout << "\n"
              << (depth == 1 ? "No pipelining" : absl::StrCat(depth, " deep pipelining")) << "\n";
    TextTable table(
        {"server", "CPU us", "user", "system", "requests/s", "CPU / stock", "CPU / floor"});
    const auto ratio = [](const Spread& spread) {
      return spread.median > 0 ? ToString(spread, 2) : std::string("-");
    };
    for (const ServerSpec& server : servers) {
      const std::string& name = server.name;
      if (Of(depth, name, &Cost::total_us).median == 0) continue;
      table.AddRow({name, ToString(Of(depth, name, &Cost::total_us), 2),
                    ToString(Of(depth, name, &Cost::user_us), 2),
                    ToString(Of(depth, name, &Cost::system_us), 2),
                    ToString(Of(depth, name, &Cost::requests_per_second)),
                    ratio(RatioTo(depth, name, kStock)), ratio(RatioTo(depth, name, kEcho))});
    }
    std::cout << table.ToString();
  }
}

nlohmann::json CpuCommand::Json() const {
  nlohmann::json runs = nlohmann::json::array();
  for (const Cost& cost : costs_) {
    runs.push_back({{"round", cost.round},
                    {"server", cost.server},
                    {"depth", cost.depth},
                    {"cpu_us_per_request", cost.total_us},
                    {"user_us_per_request", cost.user_us},
                    {"system_us_per_request", cost.system_us},
                    {"requests_per_second", cost.requests_per_second}});
  }
  return {{"machine", MachineJson()},
          {"seed", seed_},
          {"connections", connections_},
          {"client_threads", client_threads_},
          {"seconds", seconds_},
          {"threads", servers_.threads},
          {"tls", !servers_.tls.empty()},
          {"stolen", disturbance_.stolen},
          {"other_processes", disturbance_.others},
          {"runs", runs}};
}

}  // namespace

void AddCpuCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<CpuCommand>();
  CLI::App* sub = app.add_subcommand(
      "cpu", "Start servers in turn, keep each busy and report their CPU time a request");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
