// Overtake: N readers with as many connections each. A reader runs light requests to completion;
// heavy ones go to a shared pool at the lowest rank, from which readers take a core when they need
// one.
#include <utility>

#include "bench/simulate/architectures.h"

namespace overtake::bench::simulate {
namespace {

class Overtake final : public Architecture {
 public:
  Overtake(const Options& options, Cores* cores, Answered answered)
      : Architecture(options, cores, std::move(answered)) {
    AddReaders(options.threads, Rank::kUrgent);
    AddPool();
  }

 private:
  void Begin(Request* request) override {
    Thread* const reader = ReaderAt(request->connection);
    request->heavy ? RunInPool(reader, request) : RunHere(reader, request);
  }
};

}  // namespace

std::unique_ptr<Architecture> MakeOvertake(const Options& options, Cores* cores,
                                           Answered answered) {
  return std::make_unique<Overtake>(options, cores, std::move(answered));
}

}  // namespace overtake::bench::simulate
