#pragma once

#include <string>

#include "CLI/CLI.hpp"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace overtake::bench {

// Tells how much of the processors' time went neither to this program nor to the servers it
// started: what a tail was measured beside. From /proc/stat and getrusage.
class DisturbanceMeter {
 public:
  // Shares (0 to 1) of all cores' time.
  struct Disturbance {
    double stolen = 0;  // by the hypervisor, for other virtual machines
    double others = 0;  // by other processes on this one

    // A line to warn readers with, or "" while both are small.
    std::string Note() const;
  };

  DisturbanceMeter();
  // Since construction. REQUIRES: the servers started since have ended.
  Disturbance Read() const;
  // The stolen share alone, which may be asked for at any time.
  double Stolen() const;

 private:
  struct Seconds {
    double all = 0;
    double busy = 0;  // in processes, ours included
    double stolen = 0;
    double ours = 0;
  };
  static Seconds Now();

  Seconds start_;
};

// Measures again what was disturbed: on a shared host the hypervisor may take a processor away for
// milliseconds, and a tail measured meanwhile is no server's.
class Repeater {
 public:
  void AddTo(CLI::App& command);

  // Calls `measure` until the hypervisor took at most the accepted share of the processors' time
  // meanwhile, or the repeats are used up. Calls `keep` after each measurement that was disturbed
  // less than those before it: the last one kept is the result. The first error ends it.
  absl::Status Run(absl::FunctionRef<absl::Status()> measure, absl::FunctionRef<void()> keep);

  // The share stolen during what was kept, on average over all calls of Run.
  double stolen() const { return runs_ > 0 ? stolen_ / runs_ : 0; }
  // How many measurements were thrown away.
  int repeated() const { return repeated_; }

 private:
  double accepted_percent_ = 1;
  int repeats_ = 3;
  double stolen_ = 0;  // sum over runs
  int runs_ = 0;
  int repeated_ = 0;
};

}  // namespace overtake::bench
