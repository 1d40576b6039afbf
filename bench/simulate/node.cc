// Node.js: one thread does everything. A queue with one server.
#include <utility>

#include "bench/simulate/architectures.h"

namespace overtake::bench::simulate {
namespace {

class Node final : public Architecture {
 public:
  Node(const Options& options, Cores* cores, Answered answered)
      : Architecture(options, cores, std::move(answered)) {
    AddReaders(1, Rank::kNormal);
  }

 private:
  void Begin(Request* request) override { RunHere(ReaderAt(0), request); }
};

}  // namespace

std::unique_ptr<Architecture> MakeNode(const Options& options, Cores* cores, Answered answered) {
  return std::make_unique<Node>(options, cores, std::move(answered));
}

}  // namespace overtake::bench::simulate
