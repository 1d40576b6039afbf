#include "tests/fuzz/differential/generator.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "tests/fuzz/differential/grammar.h"
#include "tests/fuzz/differential/random.h"
#include "tests/fuzz/differential/vocabulary.h"

namespace overtake::tests {
namespace {

// One step while it grows.
class StepMaker {
 public:
  explicit StepMaker(Random* random) : random_(random) {}

  void Begin(size_t connection) {
    step_ = Step{.connection = connection};
    read_.clear();
    in_one_piece_ = false;
    final_ = false;
  }

  // False, with nothing added, if the phrase must not follow what is there: it needs a new step.
  bool Add(const Phrase& phrase) {
    if ((phrase.first && !step_.commands.empty()) || final_) return false;
    if (phrase.has_data && step_.last) return false;
    if (!phrase.counts.empty() && read_.contains(phrase.counts)) return false;
    read_.insert(phrase.reads.begin(), phrase.reads.end());
    in_one_piece_ = in_one_piece_ || phrase.first;
    final_ = phrase.final;
    step_.last = step_.last || phrase.unsafe;
    step_.commands.push_back(phrase.command);
    return true;
  }

  bool last() const { return step_.last; }
  bool empty() const { return step_.commands.empty(); }

  Step Finish() {
    if (random_->OneIn(12)) step_.last = true;
    if (!in_one_piece_ && random_->OneIn(3)) Cut();
    return std::move(step_);
  }

 private:
  // Anywhere, but more often around line ends.
  void Cut() {
    const std::string bytes = step_.Render(CasBook(), CasBook::Side::kReference);
    std::set<size_t> cuts;
    const size_t count = random_->Between(1, 4);
    for (size_t i = 0; i < count; ++i) {
      size_t at = random_->Below(bytes.size() + 1);
      const size_t end = bytes.find('\n', at);
      if (end != std::string::npos && random_->OneIn(2)) at = end - 1 + random_->Below(3);
      if (at > 0 && at < bytes.size()) cuts.insert(at);
    }
    step_.cuts.assign(cuts.begin(), cuts.end());
  }

  Random* const random_;
  Step step_;
  std::set<std::string> read_;
  bool in_one_piece_ = false;
  bool final_ = false;
};

}  // namespace

Stream MakeStream(uint64_t seed) {
  Random random(seed);
  Vocabulary words(&random);
  Grammar grammar(&random, &words);
  StepMaker maker(&random);
  Stream stream;
  stream.fresh_servers = words.flushes_later || words.counts_high;
  const size_t connections = random.Between(1, 4);
  const size_t steps = random.Between(2, 20);
  while (stream.steps.size() < steps) {
    maker.Begin(random.Below(connections));
    const bool hostile = !words.counts_high && random.OneIn(6);
    const size_t commands = random.OneIn(4) ? 1 : random.Between(2, 60);
    for (size_t i = 0; i < commands; ++i) {
      const Phrase phrase = hostile && random.OneIn(4) ? grammar.Hostile() : grammar.Ordinary();
      if (maker.Add(phrase)) continue;
      // What follows something unsafe stays in its step: the connection is out of step.
      if (maker.last()) continue;
      const Step step = maker.Finish();
      maker.Begin(step.connection);
      stream.steps.push_back(step);
      maker.Add(phrase);
    }
    stream.steps.push_back(maker.Finish());
  }
  return stream;
}

}  // namespace overtake::tests
