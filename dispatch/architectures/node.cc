// Node.js: one thread has all the roles.
#include "dispatch/architectures/list.h"

namespace overtake {
namespace {

constexpr std::string_view kDiagram =
    "  clients ==> [ overtake-rd-0: listener, acceptor, reader, worker ]\n"
    "\n"
    "  One thread does everything, one event after the other. Cheap, and free of locks;\n"
    "  everybody waits for the longest request.\n";

class Node final : public Architecture {
 public:
  using Architecture::Architecture;

 private:
  absl::Status Compose() override {
    const absl::Status status = AddListener(/*share_port=*/false);
    if (!status.ok()) return status;
    Reader* const reader = AddReader(0);
    AddAcceptor(&reader->loop(), listeners_[0].get(),
                [reader](AcceptedSocket socket) { reader->AddConnection(socket); });
    StartReaders();
    return absl::OkStatus();
  }
};

}  // namespace

const ArchitectureInfo kNodeInfo = {
    Mode::kNode, "node", "Node.js", kDiagram,
    [](const DispatchOptions& options, RequestHandler* handler) -> std::unique_ptr<Architecture> {
      return std::make_unique<Node>(options, handler);
    }};

}  // namespace overtake
