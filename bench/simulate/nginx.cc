// nginx: N readers, among which connections are spread evenly (threads take turns at accepting),
// and a pool of workers that they share. Without workers, the reader itself executes: then as
// Memcached.
#include <utility>

#include "bench/simulate/architectures.h"

namespace overtake::bench::simulate {
namespace {

class Nginx final : public Architecture {
 public:
  Nginx(const Options& options, Cores* cores, Answered answered)
      : Architecture(options, cores, std::move(answered)) {
    AddReaders(options.threads, options.workers > 0 ? Rank::kUrgent : Rank::kNormal);
    if (options.workers > 0) AddPool();
  }

 private:
  void Begin(Request* request) override {
    Thread* const reader = ReaderAt(request->connection);
    has_pool() ? RunInPool(reader, request) : RunHere(reader, request);
  }
};

}  // namespace

std::unique_ptr<Architecture> MakeNginx(const Options& options, Cores* cores, Answered answered) {
  return std::make_unique<Nginx>(options, cores, std::move(answered));
}

}  // namespace overtake::bench::simulate
