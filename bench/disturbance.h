#pragma once

#include <string>

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

}  // namespace overtake::bench
