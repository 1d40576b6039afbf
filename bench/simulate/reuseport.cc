// SO_REUSEPORT: as Memcached, but the kernel assigns connections by a hash of their addresses: how
// many a thread has is binomially distributed.
#include <utility>

#include "bench/distributions.h"
#include "bench/simulate/architectures.h"

namespace overtake::bench::simulate {
namespace {

class Reuseport final : public Architecture {
 public:
  Reuseport(const Options& options, Cores* cores, Answered answered)
      : Architecture(options, cores, std::move(answered)) {
    AddReaders(options.threads, Rank::kNormal);
  }

 private:
  void Begin(Request* request) override {
    RunHere(ReaderAt(Mix(options_.seed, kStream, request->connection)), request);
  }

  static constexpr uint64_t kStream = 0x7265757365;  // not what else is drawn from the seed
};

}  // namespace

std::unique_ptr<Architecture> MakeReuseport(const Options& options, Cores* cores,
                                            Answered answered) {
  return std::make_unique<Reuseport>(options, cores, std::move(answered));
}

}  // namespace overtake::bench::simulate
