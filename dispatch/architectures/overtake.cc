// Overtake: every reader accepts, reads and runs light requests; a pool runs heavy ones.
#include "dispatch/architectures/list.h"

namespace overtake {
namespace {

constexpr std::string_view kDiagram =
    "           +==> [ overtake-rd-0: listener, acceptor, reader, worker ] --+\n"
    "  clients =+==> [ overtake-rd-1: listener, acceptor, reader, worker ] --+--> [ "
    "overtake-wk-0h:\n"
    "           +==> [ overtake-rd-2: listener, acceptor, reader, worker ] --+      worker, writer "
    "]\n"
    "          (the kernel spreads new connections, the            (heavy requests only, at a low\n"
    "           readers put right how many each one has)            priority, from one queue)\n"
    "\n"
    "  A reader runs light requests to completion; what will take long goes to the pool, whose\n"
    "  threads take only the time that the readers leave. A short request overtakes a long one.\n";

class Overtake final : public Architecture {
 public:
  using Architecture::Architecture;

 private:
  absl::Status Compose() override {
    WorkerPool* const pool =
        WorkerCount(options_) > 0 ? AddPool(WorkerPool::Kind::kHeavy) : nullptr;
    for (int i = 0; i < options_.threads; ++i) {
      const absl::Status status = AddListener(/*share_port=*/true);
      if (!status.ok()) return status;
      Reader* const reader = AddReader(i, pool);
      AddAcceptor(&reader->loop(), listeners_[static_cast<size_t>(i)].get(),
                  [this, reader](AcceptedSocket socket) { Spread(reader, socket); });
    }
    StartReaders();
    return absl::OkStatus();
  }

  // The thread of `acceptor`. Which socket the kernel chose is chance: with few connections one
  // reader may get most of them. A new one goes to the reader that has the fewest; but one that is
  // about even keeps it, because waking another thread costs more than a short connection.
  void Spread(Reader* acceptor, AcceptedSocket socket) {
    constexpr int kAboutEven = 1;
    Reader* fewest = acceptor;
    for (const auto& reader : readers_) {
      if (reader->share() < fewest->share()) fewest = reader.get();
    }
    if (acceptor->share() - fewest->share() <= kAboutEven) {
      acceptor->AddConnection(socket);
    } else {
      fewest->Adopt(socket);
    }
  }
};

}  // namespace

const ArchitectureInfo kOvertakeInfo = {
    Mode::kOvertake, "overtake", "our own", kDiagram,
    [](const DispatchOptions& options, RequestHandler* handler) -> std::unique_ptr<Architecture> {
      return std::make_unique<Overtake>(options, handler);
    }};

}  // namespace overtake
