// What it costs that another thread executes a request: the round trip of one request over a socket
// pair, answered by the reader itself, by a worker that polls, and by one that has to be woken. The
// differences to the first are the hand-off there and back.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string_view>
#include <thread>

#include "dispatch/handler.h"
#include "dispatch/options.h"
#include "dispatch/roles/connection_limits.h"
#include "dispatch/roles/reader.h"
#include "dispatch/roles/worker_pool.h"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

constexpr int kNeverSleep = 1'000'000;  // microseconds of polling
constexpr std::string_view kRequest = "delete k\r\n";
constexpr std::string_view kAnswer = "DELETED";

class FixedAnswer final : public RequestHandler {
 public:
  const CommandTable& commands() const override { return kCommandTable; }
  Outcome Execute(ExecutionContext, const Request&, Continuation*, Reply* reply) override {
    reply->AppendLine(kAnswer);
    return Outcome::kDone;
  }
  Weight WeightOf(const Request&) const override { return Weight::kLight; }
};

// A reader with one connection and, if wanted, a worker.
class Rig {
 public:
  Rig(int workers, int poll_micros) {
    options_.workers = workers;
    if (workers > 0) {
      pool_ = std::make_unique<WorkerPool>(
          WorkerPool::Setup{.workers = workers, .poll_micros = poll_micros}, ExecutorId{1},
          &handler_);
    }
    reader_ = std::make_unique<Reader>("rd", "reader", ExecutorId{0}, options_, &handler_, &limits_,
                                       &memory_, pool_.get());
    thread_ = std::thread([this] { reader_->Run(); });
    std::array<int, 2> ends{-1, -1};
    ok_ = socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0 &&
          fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && limits_.Enter();
    client_ = ends[1];
    if (ok_) reader_->Adopt({.fd = ends[0], .tls = ListenTls::kOff, .peer = {}});
  }
  ~Rig() {
    if (pool_ != nullptr) pool_->Stop();
    reader_->Stop();
    thread_.join();
    close(client_);
  }

  bool RoundTrip() {
    std::array<char, 64> buffer;
    return ok_ && write(client_, kRequest.data(), kRequest.size()) > 0 &&
           read(client_, buffer.data(), buffer.size()) == kAnswer.size() + 2;
  }

 private:
  DispatchOptions options_;
  FixedAnswer handler_;
  ConnectionLimits limits_{8};
  ConnectionMemory memory_{options_};
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<Reader> reader_;
  std::thread thread_;
  int client_ = -1;
  bool ok_ = false;
};

void RoundTrips(benchmark::State& state, int workers, int poll_micros) {
  Rig rig(workers, poll_micros);
  for (auto _ : state) {
    if (!rig.RoundTrip()) {
      state.SkipWithError("no answer");
      break;
    }
  }
}

void BM_RoundTripByReader(benchmark::State& state) { RoundTrips(state, 0, 0); }
BENCHMARK(BM_RoundTripByReader)->UseRealTime();

void BM_RoundTripByPollingWorker(benchmark::State& state) { RoundTrips(state, 1, kNeverSleep); }
BENCHMARK(BM_RoundTripByPollingWorker)->UseRealTime();

void BM_RoundTripBySleepingWorker(benchmark::State& state) { RoundTrips(state, 1, 0); }
BENCHMARK(BM_RoundTripBySleepingWorker)->UseRealTime();

}  // namespace
}  // namespace overtake
