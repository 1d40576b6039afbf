// `overtake-bench prove`: that what `load` reports is what happened. It is asked to measure what is
// known beforehand.

#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/clock.h"
#include "bench/command.h"
#include "bench/disturbance.h"
#include "bench/load/load_run.h"
#include "bench/load/load_spec.h"
#include "bench/load/schedule.h"
#include "bench/machine.h"
#include "bench/program_path.h"
#include "bench/progress.h"
#include "bench/server_process.h"
#include "bench/servers.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace overtake::bench {
namespace {

constexpr double kAllowedShare = 0.01;
constexpr double kStallAtSeconds = 1.5;  // into the run
constexpr double kWarmupSeconds = 0.5;
constexpr const char* kServices[] = {"fixed:50000", "exp:50000", "bimodal-90-10:30000"};
constexpr Pacing kPacings[] = {Pacing::kOpen, Pacing::kClosed};
constexpr double kQuantilesProven[] = {0.1, 0.5, 0.9, 0.95, 0.99};

struct TimerLateness {
  double p50_us = 0;
  double p99_us = 0;
};

// How long after the time that it asked for a thread of this machine runs again.
TimerLateness MeasureTimers() {
  constexpr int kSleeps = 400;
  constexpr int64_t kShortestNs = 1 * kNsPerMs, kStepNs = 10 * kNsPerUs;
  std::vector<double> late_us;
  std::thread([&late_us] {
    prctl(PR_SET_TIMERSLACK, 1UL);  // as the generator's
    for (int i = 0; i < kSleeps; ++i) {
      const int64_t until_ns = NowNs() + kShortestNs + i * kStepNs;
      const timespec until{until_ns / kNsPerSecond, until_ns % kNsPerSecond};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
      late_us.push_back(Microseconds(static_cast<uint64_t>(NowNs() - until_ns)));
    }
  }).join();
  std::sort(late_us.begin(), late_us.end());
  return {.p50_us = late_us[kSleeps / 2], .p99_us = late_us[kSleeps * 99 / 100]};
}

class ProofCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run();

 private:
  // One run each. What it shows is added to the table; what it measured until it failed is not.
  absl::Status ProveDelays(const std::string& service, Progress& progress, TextTable* table);
  absl::Status ProveStall(Pacing pacing, Progress& progress, TextTable* table);
  absl::StatusOr<std::unique_ptr<ServerProcess>> StartEcho() const;
  LoadOptions Options(const ServerProcess& server, const std::string& spec) const;

  double seconds_ = 10;
  double stall_seconds_ = 1;
  uint64_t seed_ = 1;
  int port_ = 32'000;
  TimerLateness timers_;
  int failures_ = 0;
};

void ProofCommand::AddTo(CLI::App& command) {
  command.add_option("--seconds", seconds_, "Of each of the five runs")
      ->check(CLI::Range(4.0, 600.0))
      ->capture_default_str();
  command.add_option("--stall", stall_seconds_, "Seconds for which the server is stopped")
      ->check(CLI::Range(0.2, 2.0))
      ->capture_default_str();
  command.add_option("--seed", seed_, "Of the schedules")->capture_default_str();
  command.add_option("--port", port_, "The first port to try")
      ->check(CLI::Range(1024, 65'000))
      ->capture_default_str();
}

absl::Status ProofCommand::Run() {
  const DisturbanceMeter meter;
  timers_ = MeasureTimers();
  TextTable delays({"delay, us", "quantile", "asked for", "measured", "error", ""});
  TextTable stalls({"loop", "stall, ms", "p50, us", "p99, us", "max, us", "above 20 ms, %",
                    "due in the stall, %", ""});
  absl::Status status;
  int runs_left = static_cast<int>(std::size(kServices) + std::size(kPacings));
  {
    Progress progress(runs_left, seconds_ + kWarmupSeconds);
    for (const char* const service : kServices) {
      if (status.ok()) status = ProveDelays(service, progress, &delays);
      runs_left -= status.ok() ? 1 : 0;
    }
    for (const Pacing pacing : kPacings) {
      if (status.ok()) status = ProveStall(pacing, progress, &stalls);
      runs_left -= status.ok() ? 1 : 0;
    }
  }
  std::cout << MachineLine() << ", seed " << seed_ << "\n\n"
            << "Timers are late here by " << ToString(timers_.p50_us) << " us at p50 and "
            << ToString(timers_.p99_us) << " us at p99; the generator waits for one\n\n"
            << "Known delays (allowed: 1 %, at least " << ToString(timers_.p99_us) << " us)\n"
            << delays.ToString() << "\nA server that is stopped (SIGSTOP)\n"
            << stalls.ToString() << meter.Read().Note();
  if (runs_left > 0) std::cout << "INCOMPLETE: " << runs_left << " runs are missing\n";
  std::cout << std::flush;
  if (status.ok() && failures_ > 0) {
    status = absl::InternalError(absl::StrCat(failures_, " figures are not what they must be"));
  }
  return status;
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ProofCommand::StartEcho() const {
  return ServerProcess::Start(
      {std::string(kEcho), {OwnProgram().string(), "echo", "-p", "{port}", "-t", "1"}}, port_);
}

LoadOptions ProofCommand::Options(const ServerProcess& server, const std::string& spec) const {
  return {.endpoint = server.endpoint(),
          .classes = {*ParseLoadClass(spec)},
          .plan = {.warmup_ns = static_cast<int64_t>(kWarmupSeconds * kNsPerSecond),
                   .duration_ns = static_cast<int64_t>(seconds_ * kNsPerSecond),
                   .seed = seed_}};
}

// The delays that a server was asked for, ascending, in microseconds.
std::vector<double> AskedFor(const LoadOptions& options) {
  const int64_t duration_ns = options.plan.warmup_ns + options.plan.duration_ns;
  std::vector<double> micros;
  for (const Arrival& arrival :
       MakeSchedule(options.classes[0], duration_ns, SeedOfClass(options.plan.seed, 0))) {
    if (arrival.due_ns >= options.plan.warmup_ns) micros.push_back(arrival.micros);
  }
  std::sort(micros.begin(), micros.end());
  return micros;
}

// The echo server answers each request after the time that the request names, and no request
// waits for another: a connection is idle again long before its next turn. So the latencies must be
// the delays that the schedule asked for, all of which are known.
absl::Status ProofCommand::ProveDelays(const std::string& service, Progress& progress,
                                       TextTable* table) {
  progress.Begin(absl::StrCat("delays ", service));
  const auto server = StartEcho();
  if (!server.ok()) return server.status();
  const LoadOptions options =
      Options(**server,
              absl::StrCat("delays=sleep,rate=200,connections=400,spread=turns,service=", service));
  const LoadOutcome outcome = RunLoad(options, [&](const LoadProgress&) {
    progress.Tick();
    return (*server)->CheckAlive();
  });
  if (absl::Status cause = (*server)->CauseOf(outcome.status); !cause.ok()) return cause;
  const std::vector<double> asked = AskedFor(options);
  for (const double q : kQuantilesProven) {
    const size_t rank = static_cast<size_t>(std::ceil(q * static_cast<double>(asked.size())));
    const double wanted = asked[std::max<size_t>(rank, 1) - 1];
    const double measured = Microseconds(outcome.classes[0].latency.ValueAtQuantile(q));
    const bool right =
        measured >= wanted && measured - wanted <= std::max(timers_.p99_us, kAllowedShare * wanted);
    failures_ += right ? 0 : 1;
    table->AddRow({service, absl::StrFormat("p%g", 100 * q), ToString(wanted), ToString(measured),
                   absl::StrFormat("%.2f %%", 100 * (measured / wanted - 1)),
                   right ? "" : "WRONG"});
  }
  return absl::OkStatus();
}

// A share of requests that took longer than `ns`.
double ShareAbove(const Histogram& histogram, int64_t ns) {
  uint64_t above = 0;
  histogram.ForEachBucket([&](uint64_t low, uint64_t, uint64_t count) {
    if (low > static_cast<uint64_t>(ns)) above += count;
  });
  return static_cast<double>(above) / static_cast<double>(std::max<uint64_t>(1, histogram.count()));
}

// While the server is stopped, requests go on falling due: they must show as a tail of the stall's
// length and of as many requests as were due in it. A closed loop sends none of them.
absl::Status ProofCommand::ProveStall(Pacing pacing, Progress& progress, TextTable* table) {
  const bool open = pacing == Pacing::kOpen;
  progress.Begin(absl::StrCat("a stalled server, ", open ? "open" : "closed", " loop"));
  const auto server = StartEcho();
  if (!server.ok()) return server.status();
  LoadOptions options = Options(**server, "gets=get,rate=1000,connections=8,arrivals=uniform");
  options.plan.pacing = pacing;
  int64_t stopped_ns = 0, continued_ns = 0;
  const LoadOutcome outcome = RunLoad(options, [&](const LoadProgress& at) {
    progress.Tick();
    if (stopped_ns == 0 && at.seconds >= kStallAtSeconds) {
      stopped_ns = NowNs();
      (*server)->Signal(SIGSTOP);
    } else if (continued_ns == 0 && at.seconds >= kStallAtSeconds + stall_seconds_) {
      continued_ns = NowNs();
      (*server)->Signal(SIGCONT);
    }
    return (*server)->CheckAlive();
  });
  if (absl::Status cause = (*server)->CauseOf(outcome.status); !cause.ok()) return cause;
  const Histogram& latency = outcome.classes[0].latency;
  const double stall_us = Microseconds(static_cast<uint64_t>(continued_ns - stopped_ns));
  const double due = stall_us / 1e6 / seconds_;
  const double above = ShareAbove(latency, 20 * kNsPerMs);
  const double p99_us = Microseconds(latency.ValueAtQuantile(0.99));
  const double max_us = Microseconds(latency.Max());
  // The longest 1 % of an even tail from 0 to the stall's length.
  const double wanted_p99 = stall_us * (1 - 0.01 / due);
  const bool right = open ? std::abs(max_us / stall_us - 1) < 0.02 &&
                                std::abs(p99_us / wanted_p99 - 1) < 0.05 &&
                                std::abs(above / due - 1) < 0.05
                          : max_us > 0.9 * stall_us && p99_us < 0.1 * stall_us;
  failures_ += right ? 0 : 1;
  table->AddRow({open ? "open" : "closed", ToString(stall_us / 1000),
                 ToString(Microseconds(latency.ValueAtQuantile(0.5))), ToString(p99_us),
                 ToString(max_us), ToString(100 * above, 3), open ? ToString(100 * due, 3) : "",
                 right ? "" : "WRONG"});
  return absl::OkStatus();
}

}  // namespace

void AddProofCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<ProofCommand>();
  CLI::App* sub = app.add_subcommand(
      "prove", "Check that `load` measures known delays and a stopped server as they are");
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
