#include "tests/fuzz/differential/differential_run.h"

#include <optional>

#include "tests/fuzz/differential/generator.h"
#include "tests/fuzz/differential/random.h"
#include "tests/fuzz/differential/server_pair.h"
#include "tests/fuzz/differential/shrink.h"

namespace overtake::tests {
namespace {

constexpr int kRepetitions = 4;
// A stream that fails by silence is run many times.
constexpr Patience kImpatient = {.both_silent = std::chrono::milliseconds(30 * kPatience),
                                 .one_silent = std::chrono::milliseconds(200 * kPatience)};

class Run {
 public:
  Run(const Mode& mode, const DifferentialOptions& options) : options_(options), servers_(mode) {}

  DifferentialResult All(const std::function<void(const DifferentialResult&)>& progress) {
    Random seeds(options_.seed);
    if (!servers_.Restart()) return Failed();
    for (size_t i = 0; !done(i); ++i) {
      RunOne(options_.streams.empty() ? seeds.Bits() : options_.streams[i]);
      if (!result_.servers_ended_well) return result_;
      progress(result_);
      if (result_.counts.commands >= next_restart_) {
        next_restart_ += options_.restart_after;
        if (!servers_.Restart()) return Failed();
      }
    }
    if (!servers_.Stop()) return Failed();
    return result_;
  }

 private:
  bool done(size_t stream) const {
    if (result_.differences.size() + result_.not_repeated.size() >= options_.give_up_after) {
      return true;
    }
    return options_.streams.empty() ? result_.counts.commands >= options_.commands
                                    : stream >= options_.streams.size();
  }

  DifferentialResult Failed() {
    result_.servers_ended_well = false;
    return result_;
  }

  std::optional<Difference> Send(const Stream& stream, const Patience& patience,
                                 ExchangeCounts* counts) {
    if (!servers_.alive() || stream.fresh_servers) {
      if (!servers_.Restart()) result_.servers_ended_well = false;
    }
    return RunStream(servers_.ports(), stream, patience, counts);
  }

  // Whether the stream makes a difference of the same kind again. What is sent is not counted.
  bool Repeats(const Stream& stream) {
    ExchangeCounts uncounted;
    const auto difference = Send(stream, kImpatient, &uncounted);
    if (!difference.has_value() || difference->both_silent != last_.both_silent) return false;
    last_ = *difference;
    return true;
  }

  std::string Describe(const std::string& what) const {
    return what + "\nstep " + std::to_string(last_.step) + ":\n" + last_.text + "\n" +
           (servers_.alive() ? "" : "the server has crashed\n");
  }

  void RunOne(uint64_t seed) {
    const Stream stream = MakeStream(seed);
    const auto difference = Send(stream, Patience(), &result_.counts);
    if (!difference.has_value()) return;
    last_ = *difference;
    const std::string head = "stream " + std::to_string(seed) + ", mode " + servers_.mode().name;
    const std::string first = Describe(head);
    servers_.Restart();
    bool repeats = false;
    for (int i = 0; i < kRepetitions && !repeats; ++i) repeats = Repeats(stream);
    if (!repeats) {
      if (difference->chance) {
        ++result_.left_to_chance;
      } else {
        result_.not_repeated.push_back(first);
      }
      return;
    }
    const Stream smallest = Shrink(stream, options_.shrink_attempts,
                                   [this](const Stream& smaller) { return Repeats(smaller); });
    Repeats(smallest);
    result_.differences.push_back(Describe(head + ", shrunk to\n" + tests::Describe(smallest)));
    servers_.Restart();
  }

  const DifferentialOptions options_;
  ServerPair servers_;
  DifferentialResult result_;
  uint64_t next_restart_ = options_.restart_after;
  Difference last_ = {};
};

}  // namespace

DifferentialResult RunDifferential(const Mode& mode, const DifferentialOptions& options,
                                   const std::function<void(const DifferentialResult&)>& progress) {
  return Run(mode, options).All(progress);
}

}  // namespace overtake::tests
