// RAMCloud: one dispatch thread reads every request and sends every reply; any idle worker
// executes. One queue with W servers, between two passes through a queue with one server.
#include <utility>

#include "bench/simulate/architectures.h"

namespace overtake::bench::simulate {
namespace {

class Ramcloud final : public Architecture {
 public:
  Ramcloud(const Options& options, Cores* cores, Answered answered)
      : Architecture(options, cores, std::move(answered)) {
    AddReaders(1, Rank::kUrgent);
    AddPool(options.policy);
  }
  const Thread* dispatcher() const override { return ReaderAt(0); }

 private:
  void Begin(Request* request) override { RunInPool(ReaderAt(0), request); }
};

}  // namespace

std::unique_ptr<Architecture> MakeRamcloud(const Options& options, Cores* cores,
                                           Answered answered) {
  return std::make_unique<Ramcloud>(options, cores, std::move(answered));
}

}  // namespace overtake::bench::simulate
