#include "bench/disturbance.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "absl/strings/str_format.h"

namespace overtake::bench {
namespace {

constexpr double kNotable = 0.02;

// CPU time of this process, or of its children that have ended.
double UsedSeconds(int who) {
  rusage usage;
  if (getrusage(who, &usage) != 0) return 0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

std::string DisturbanceMeter::Disturbance::Note() const {
  if (stolen < kNotable && others < kNotable) return "";
  return absl::StrFormat(
      "NOTE: of the processors' time the hypervisor took %.0f %% and other processes %.0f %%; "
      "tails are partly theirs\n",
      stolen * 100, others * 100);
}

DisturbanceMeter::DisturbanceMeter() : start_(Now()) {}

DisturbanceMeter::Disturbance DisturbanceMeter::Read() const {
  const Seconds now = Now();
  const double all = now.all - start_.all;
  if (all <= 0) return {};
  const double others = (now.busy - start_.busy) - (now.ours - start_.ours);
  return {.stolen = (now.stolen - start_.stolen) / all, .others = std::max(0.0, others / all)};
}

double DisturbanceMeter::Stolen() const {
  const Seconds now = Now();
  const double all = now.all - start_.all;
  return all > 0 ? (now.stolen - start_.stolen) / all : 0;
}

void Repeater::AddTo(CLI::App& command) {
  command
      .add_option("--max-stolen", accepted_percent_,
                  "Measure again when the hypervisor took more of the processors' time, in percent")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command.add_option("--repeats", repeats_, "How often at most; the least disturbed run counts")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
}

absl::Status Repeater::Run(absl::FunctionRef<absl::Status()> measure,
                           absl::FunctionRef<void()> keep) {
  double least = 2;
  for (int attempt = 0; attempt <= repeats_; ++attempt) {
    const DisturbanceMeter meter;
    if (absl::Status status = measure(); !status.ok()) return status;
    const double stolen = meter.Stolen();
    if (attempt > 0) ++repeated_;
    if (stolen < least) {
      least = stolen;
      keep();
    }
    if (least * 100 <= accepted_percent_) break;
  }
  stolen_ += least;
  ++runs_;
  return absl::OkStatus();
}

DisturbanceMeter::Seconds DisturbanceMeter::Now() {
  // proc(5), in clock ticks: user (guests included), nice, system, idle, iowait, irq, softirq,
  // steal.
  std::array<double, 8> ticks{};
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;
  double all = 0;
  for (double& value : ticks) {
    file >> value;
    all += value;
  }
  const double per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {.all = all / per_second,
          .busy = (ticks[0] + ticks[1] + ticks[2]) / per_second,
          .stolen = ticks[7] / per_second,
          .ours = UsedSeconds(RUSAGE_SELF) + UsedSeconds(RUSAGE_CHILDREN)};
}

}  // namespace overtake::bench
