#include "bench/progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/clock.h"

namespace overtake::bench {
namespace {

constexpr char kClearLine[] = "\r\x1b[K";

double SecondsBetween(int64_t from_ns, int64_t to_ns) {
  return static_cast<double>(to_ns - from_ns) / kNsPerSecond;
}

}  // namespace

Progress::Progress(int steps, double step_seconds)
    : terminal_(isatty(STDERR_FILENO) == 1),
      steps_(steps),
      expected_step_seconds_(step_seconds),
      start_ns_(NowNs()),
      step_start_ns_(start_ns_) {}

Progress::~Progress() {
  if (terminal_) std::cerr << kClearLine << std::flush;
}

void Progress::Begin(std::string what) {
  ++done_;
  what_ = std::move(what);
  step_start_ns_ = NowNs();
  if (terminal_) {
    Tick();
  } else {
    std::cerr << Line() << std::endl;
  }
}

void Progress::Tick() {
  if (terminal_) std::cerr << kClearLine << Line() << std::flush;
}

double Progress::SecondsLeft() const {
  const double step_seconds =
      done_ > 0 ? SecondsBetween(start_ns_, step_start_ns_) / done_ : expected_step_seconds_;
  const double in_step = SecondsBetween(step_start_ns_, NowNs());
  return std::max(0.0, step_seconds * (steps_ - done_) - in_step);
}

std::string Progress::Line() const {
  const int left = static_cast<int>(SecondsLeft() + 0.5);
  return absl::StrFormat("[%d/%d, %d:%02d left] %s", done_ + 1, steps_, left / 60, left % 60,
                         what_);
}

LiveLine::LiveLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

LiveLine::~LiveLine() { Show(""); }

void LiveLine::Show(const std::string& text) {
  if (terminal_) std::cerr << kClearLine << text << std::flush;
}

}  // namespace overtake::bench
