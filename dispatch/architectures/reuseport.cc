// SO_REUSEPORT sharding: every thread has a listening socket of its own on the same port.
#include "dispatch/architectures/list.h"

namespace overtake {
namespace {

constexpr std::string_view kDiagram =
    "           +==> [ overtake-rd-0: listener, acceptor, reader, worker ]\n"
    "  clients =+==> [ overtake-rd-1: listener, acceptor, reader, worker ]\n"
    "           +==> [ overtake-rd-2: listener, acceptor, reader, worker ]\n"
    "          (the kernel spreads new connections by a hash of their addresses)\n"
    "\n"
    "  As many independent servers as threads. Nothing is handed over; connections are spread by\n"
    "  chance, and a short request waits behind a long one of the same thread.\n";

class Reuseport final : public Architecture {
 public:
  using Architecture::Architecture;

 private:
  absl::Status Compose() override {
    for (int i = 0; i < options_.threads; ++i) {
      const absl::Status status = AddListener(/*share_port=*/true);
      if (!status.ok()) return status;
      Reader* const reader = AddReader(i);
      AddAcceptor(&reader->loop(), listeners_[static_cast<size_t>(i)].get(),
                  [reader](AcceptedSocket socket) { reader->AddConnection(socket); });
    }
    StartReaders();
    return absl::OkStatus();
  }
};

}  // namespace

const ArchitectureInfo kReuseportInfo = {
    Mode::kReuseport, "reuseport", "SO_REUSEPORT sharding", kDiagram,
    [](const DispatchOptions& options, RequestHandler* handler) -> std::unique_ptr<Architecture> {
      return std::make_unique<Reuseport>(options, handler);
    }};

}  // namespace overtake
