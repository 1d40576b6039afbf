// Memcached: each connection belongs to one of N threads, round robin. N queues with one server
// each, which share neither requests nor idle time.
#include <utility>

#include "bench/simulate/architectures.h"

namespace overtake::bench::simulate {
namespace {

class Memcached final : public Architecture {
 public:
  Memcached(const Options& options, Cores* cores, Answered answered)
      : Architecture(options, cores, std::move(answered)) {
    AddReaders(options.threads, Rank::kNormal);
  }

 private:
  void Begin(Request* request) override { RunHere(ReaderAt(request->connection), request); }
};

}  // namespace

std::unique_ptr<Architecture> MakeMemcached(const Options& options, Cores* cores,
                                            Answered answered) {
  return std::make_unique<Memcached>(options, cores, std::move(answered));
}

}  // namespace overtake::bench::simulate
