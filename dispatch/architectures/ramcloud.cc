// RAMCloud: one dispatch thread owns all connections and gives each request to an idle worker.
#include "dispatch/architectures/list.h"

namespace overtake {
namespace {

constexpr std::string_view kDiagram =
    "                                                  +--> [ overtake-wk-0: worker ]\n"
    "  clients ==> [ overtake-rd-0: listener, ---------+--> [ overtake-wk-1: worker ]\n"
    "                acceptor, reader = dispatcher ]   +--> [ overtake-wk-2: worker ]\n"
    "               (each request, to the worker idle last; first come first served if none is)\n"
    "\n"
    "  The dispatch thread reads requests and sends replies, workers execute. No request waits\n"
    "  while a worker is idle; each pays for being handed over.\n";

class Ramcloud final : public Architecture {
 public:
  using Architecture::Architecture;

 private:
  absl::Status Compose() override {
    const absl::Status status = AddListener(/*share_port=*/false);
    if (!status.ok()) return status;
    Reader* const dispatcher = AddReader(0, AddPool(), "dispatcher");
    AddAcceptor(&dispatcher->loop(), listeners_[0].get(),
                [dispatcher](AcceptedSocket socket) { dispatcher->AddConnection(socket); });
    StartReaders();
    return absl::OkStatus();
  }
};

}  // namespace

const ArchitectureInfo kRamcloudInfo = {
    Mode::kRamcloud, "ramcloud", "RAMCloud", kDiagram,
    [](const DispatchOptions& options, RequestHandler* handler) -> std::unique_ptr<Architecture> {
      return std::make_unique<Ramcloud>(options, handler);
    }};

}  // namespace overtake
