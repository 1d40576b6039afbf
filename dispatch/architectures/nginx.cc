// nginx with accept_mutex: threads take turns at accepting from one socket.
#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "dispatch/architectures/list.h"

namespace overtake {
namespace {

constexpr std::string_view kDiagram =
    "           +--> [ overtake-rd-0: acceptor, reader ] --+     +--> [ overtake-wk-0: worker ]\n"
    "  clients -+--> [ overtake-rd-1: acceptor, reader ] --+-----+--> [ overtake-wk-1: worker ]\n"
    "           +--> [ overtake-rd-2: acceptor, reader ] --+     +--> [ overtake-wk-2: worker ]\n"
    "          (who holds the accept mutex has the          (a pool shared by the readers;\n"
    "           one listening socket in its event loop)      --workers=0: the reader itself)\n"
    "\n"
    "  Connections go to threads that have time to accept; a thread near its share of them lets\n"
    "  others take the mutex.\n";

// Whose turn it is to accept. A thread asks before each wait and gives it back after it, before it
// serves its connections, so that a thread busy with a request never keeps the others from
// accepting. Only its holder waits with the listening socket in its loop.
class AcceptMutex {
 public:
  bool TryTake(int reader) {
    int holder = kNobody;
    return holder_.compare_exchange_strong(holder, reader, std::memory_order_acq_rel);
  }
  bool taken() const { return holder_.load(std::memory_order_relaxed) != kNobody; }
  void Give() { holder_.store(kNobody, std::memory_order_release); }

 private:
  static constexpr int kNobody = -1;
  std::atomic<int> holder_{kNobody};
};

// One reader's side of the accept mutex; its thread only.
class AcceptTurn {
 public:
  // `pass_on` has the reader with the fewest connections ask for the mutex.
  AcceptTurn(AcceptMutex* mutex, int index, const DispatchOptions& options,
             const ConnectionLimits* limits, std::function<void()> pass_on)
      : mutex_(mutex),
        index_(index),
        readers_(options.threads),
        share_(options.max_connections / options.threads),
        limits_(limits),
        pass_on_(std::move(pass_on)) {}

  void set_acceptor(Acceptor* acceptor) {
    acceptor_ = acceptor;
    acceptor_->Disable();
  }

  void BeforeWait(size_t connections) {
    // nginx lets a worker that has seven eighths of its connections pass a number of turns. Here it
    // passes as long as it has more than its part of those there are: then somebody else has not,
    // who may sleep until the delay is over, and is told.
    const auto own = static_cast<int64_t>(connections);
    const bool pass = own >= share_ * 7 / 8 && own * readers_ > limits_->current();
    holds_ = !pass && mutex_->TryTake(index_);
    if (holds_) {
      acceptor_->Enable();
    } else {
      acceptor_->Disable();
      if (pass && !mutex_->taken()) pass_on_();
    }
  }

  void AfterWait() {
    if (!holds_) return;
    mutex_->Give();
    holds_ = false;
  }

 private:
  AcceptMutex* const mutex_;
  const int index_;
  const int64_t readers_;
  const int64_t share_;  // of the connection limit
  const ConnectionLimits* const limits_;
  const std::function<void()> pass_on_;
  Acceptor* acceptor_ = nullptr;
  bool holds_ = false;
};

// nginx's accept_mutex_delay, its default: how long a thread that does not hold the mutex waits for
// events of its own before it asks again.
constexpr timeval kAcceptMutexDelay = {.tv_sec = 0, .tv_usec = 500 * 1000};

class Nginx final : public Architecture {
 public:
  using Architecture::Architecture;
  ~Nginx() override { StopThreads(); }

 private:
  absl::Status Compose() override {
    const absl::Status status = AddListener(/*share_port=*/false);
    if (!status.ok()) return status;
    WorkerPool* const pool = WorkerCount(options_) > 0 ? AddPool() : nullptr;
    for (int i = 0; i < options_.threads; ++i) AddTurnTakingReader(i, pool);
    StartReaders();
    return absl::OkStatus();
  }

  void AddTurnTakingReader(int index, WorkerPool* pool) {
    Reader* const reader = AddReader(index, pool);
    turns_.push_back(std::make_unique<AcceptTurn>(&mutex_, index, options_, &limits_,
                                                  [this] { WakeLeastLoaded(); }));
    AcceptTurn* const turn = turns_.back().get();
    turn->set_acceptor(
        AddAcceptor(&reader->loop(), listeners_[0].get(),
                    [reader](AcceptedSocket socket) { reader->AddConnection(socket); }));
    reader->set_hooks({.before_wait = [turn, reader] { turn->BeforeWait(reader->connections()); },
                       .after_wait = [turn] { turn->AfterWait(); }});
    ask_again_.emplace_back(event_new(
        reader->loop().base(), -1, EV_PERSIST, [](int, short, void*) {}, nullptr));
    event_add(ask_again_.back().get(), &kAcceptMutexDelay);
  }

  // All readers are there before the first of them runs.
  void WakeLeastLoaded() {
    const auto least = std::min_element(
        readers_.begin(), readers_.end(),
        [](const auto& one, const auto& other) { return one->share() < other->share(); });
    (*least)->loop().Wake();
  }

  AcceptMutex mutex_;
  std::vector<std::unique_ptr<AcceptTurn>> turns_;
  std::vector<EventPtr> ask_again_;
};

}  // namespace

const ArchitectureInfo kNginxInfo = {
    Mode::kNginx, "nginx", "nginx with accept_mutex", kDiagram,
    [](const DispatchOptions& options, RequestHandler* handler) -> std::unique_ptr<Architecture> {
      return std::make_unique<Nginx>(options, handler);
    }};

}  // namespace overtake
