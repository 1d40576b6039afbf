#pragma once

#include <cstdint>
#include <string>

namespace overtake::bench {

// Says on standard error what is running and how long the rest will take: one live line on a
// terminal, a line for each step elsewhere.
class Progress {
 public:
  // `step_seconds` is how long a step is expected to take; what steps did take corrects it.
  Progress(int steps, double step_seconds);
  ~Progress();

  // The previous step, if any, is done; `what` has begun.
  void Begin(std::string what);
  // Draws the live line anew.
  void Tick();

 private:
  double SecondsLeft() const;
  std::string Line() const;

  const bool terminal_;
  const int steps_;
  const double expected_step_seconds_;
  const int64_t start_ns_;
  int64_t step_start_ns_;
  int done_ = -1;  // steps; -1 before the first has begun
  std::string what_;
};

// One line on standard error that is written over, on a terminal only, and is gone with this.
class LiveLine {
 public:
  LiveLine();
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  void Show(const std::string& text);

 private:
  const bool terminal_;
};

}  // namespace overtake::bench
