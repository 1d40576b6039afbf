// differential_fuzz: is every reply the one that memcached gives?
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "tests/fuzz/differential/differential_run.h"

namespace overtake::tests {
namespace {

using Clock = std::chrono::steady_clock;

// How far a mode's run is: every two seconds, on standard error.
class Progress {
 public:
  Progress(std::string mode, const DifferentialOptions& options)
      : mode_(std::move(mode)), options_(options) {}

  void Show(const DifferentialResult& result) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(2);
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::cerr << absl::StrFormat(
        "%s%s: %d of %d commands, %.0f a second, %d differences%s", terminal_ ? "\r" : "", mode_,
        result.counts.commands, options_.commands,
        static_cast<double>(result.counts.commands) / seconds,
        result.differences.size() + result.not_repeated.size(), terminal_ ? "   " : "\n");
  }

 private:
  const std::string mode_;
  const DifferentialOptions& options_;
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_;
};

void Report(const std::string& mode, const DifferentialResult& result) {
  for (const std::string& text : result.differences) std::cout << "\nDIFFERENCE: " << text;
  for (const std::string& text : result.not_repeated) {
    std::cout << "\nONCE ONLY, NOT WHEN REPEATED: " << text;
  }
  const ExchangeCounts& counts = result.counts;
  std::cout << absl::StrFormat(
                   "%s: %d commands in %d streams, %d steps, %d connections; %d KB sent, %d KB "
                   "compared; %d differences, %d not repeated, %d left to chance by memcached%s",
                   mode, counts.commands, counts.streams, counts.steps, counts.connections,
                   counts.bytes_sent / 1024, counts.bytes_compared / 1024,
                   result.differences.size(), result.not_repeated.size(), result.left_to_chance,
                   result.servers_ended_well ? "" : "; THE SERVERS DID NOT START OR END WELL")
            << std::endl;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Sends random streams of commands to memcached ($MEMCACHED, or the one that is installed) "
      "and to overtake, and compares every reply. What differs is shrunk and printed with its "
      "seed. Exits with 1 if "
      "anything differs.");
  DifferentialOptions options;
  std::vector<std::string> names;
  for (const Mode& mode : AllModes()) names.push_back(mode.name);
  std::vector<std::string> chosen;
  app.add_option("--mode", chosen, "Modes to run, one after the other; by default all")
      ->check(CLI::IsMember(names));
  app.add_option("--seed", options.seed, "The same seed, the same streams")->capture_default_str();
  app.add_option("--commands", options.commands, "To be sent in each mode")->capture_default_str();
  app.add_option("--stream", options.streams, "Only the streams with these seeds, as printed");
  app.add_option("--give-up-after", options.give_up_after, "Differences in a mode")
      ->capture_default_str();
  app.add_option("--shrink-attempts", options.shrink_attempts,
                 "Runs to make a failing stream small")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (MemcachedBinary().empty()) {
    std::cerr << "memcached is not installed: there is nothing to compare with\n";
    return 2;
  }
  bool ok = true;
  for (const Mode& mode : AllModes()) {
    if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), mode.name) == chosen.end()) {
      continue;
    }
    Progress progress(mode.name, options);
    const DifferentialResult result = RunDifferential(
        mode, options, [&progress](const DifferentialResult& so_far) { progress.Show(so_far); });
    Report(mode.name, result);
    ok = ok && result.ok();
  }
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace overtake::tests

int main(int argc, char** argv) { return overtake::tests::Main(argc, argv); }
