// Memcached: a listener's thread accepts and hands each connection to a fixed worker.
#include <atomic>
#include <thread>

#include "base/start_thread.h"
#include "base/thread_name.h"
#include "dispatch/architectures/list.h"

namespace overtake {
namespace {

constexpr std::string_view kDiagram =
    "                                        +--> [ overtake-rd-0: reader, worker ]\n"
    "  clients --> [ overtake-ac: listener, -+--> [ overtake-rd-1: reader, worker ]\n"
    "                acceptor ]              +--> [ overtake-rd-2: reader, worker ]\n"
    "               (each connection, round robin, to one reader for life)\n"
    "\n"
    "  A reader executes what its connections ask for, at most -R requests of one before it\n"
    "  turns to the next. A short request waits behind a long one of the same reader, though\n"
    "  other readers may be idle.\n";

class Memcached final : public Architecture {
 public:
  using Architecture::Architecture;
  ~Memcached() override {
    stop_.store(true, std::memory_order_relaxed);
    loop_.Wake();
    if (thread_.joinable()) thread_.join();
    acceptors_.clear();  // they are in loop_, which goes before the base class
  }

 private:
  absl::Status Compose() override {
    const absl::Status status = AddListener(/*share_port=*/false);
    if (!status.ok()) return status;
    for (int i = 0; i < options_.threads; ++i) AddReader(i);
    AddAcceptor(&loop_, listeners_[0].get(), [this](AcceptedSocket socket) { HandOver(socket); });
    StartReaders();
    thread_ = StartThread([this] {
      SetThreadName("overtake-ac");
      while (!stop_.load(std::memory_order_relaxed)) loop_.Wait(/*block=*/true);
    });
    return absl::OkStatus();
  }

  // The acceptor's thread. Round robin, blind to what the connections will ask for.
  void HandOver(AcceptedSocket socket) {
    readers_[next_]->Adopt(socket);
    next_ = (next_ + 1) % readers_.size();
  }

  EventLoop loop_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
  size_t next_ = 0;  // the acceptor's thread
};

}  // namespace

const ArchitectureInfo kMemcachedInfo = {
    Mode::kMemcached, "memcached", "Memcached", kDiagram,
    [](const DispatchOptions& options, RequestHandler* handler) -> std::unique_ptr<Architecture> {
      return std::make_unique<Memcached>(options, handler);
    }};

}  // namespace overtake
