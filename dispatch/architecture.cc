#include "dispatch/architecture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/start_thread.h"
#include "base/thread_cancel.h"
#include "base/thread_name.h"
#include "base/ticks.h"
#include "dispatch/architectures/list.h"
#include "dispatch/trace_json.h"

namespace overtake {
namespace {

int Cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

int ReaderCount(const DispatchOptions& options) { return std::max(1, options.threads); }

// Polling hides the cost of waking a thread as long as it has a core for itself. Where the workers
// and their readers outnumber the cores, a polling worker holds up the thread it waits for.
int PollMicros(const DispatchOptions& options) {
  if (options.poll_micros >= 0) return options.poll_micros;
  return Cores() > WorkerCount(options) + 1 ? 100 : 0;
}

}  // namespace

const std::vector<ArchitectureInfo>& Architectures() {
  static const auto* const all = new std::vector<ArchitectureInfo>{
      kNodeInfo, kMemcachedInfo, kRamcloudInfo, kNginxInfo, kReuseportInfo, kOvertakeInfo};
  return *all;
}

const ArchitectureInfo& InfoOf(Mode mode) {
  const auto& all = Architectures();
  return *std::find_if(all.begin(), all.end(),
                       [mode](const ArchitectureInfo& info) { return info.mode == mode; });
}

int WorkerCount(const DispatchOptions& options) {
  if (options.workers >= 0) return options.workers;
  constexpr int kEnoughForAny = 4;
  return options.mode == Mode::kOvertake ? std::max(1, Cores() / 2) : kEnoughForAny;
}

// Readers come first, then workers, whatever the mode has of them.
int ExecutorCount(const DispatchOptions& options) {
  return ReaderCount(options) + WorkerCount(options);
}

absl::StatusOr<std::unique_ptr<Architecture>> Architecture::Start(const DispatchOptions& options,
                                                                  RequestHandler* handler) {
  std::unique_ptr<Architecture> architecture = InfoOf(options.mode).make(options, handler);
  const absl::Status status = architecture->Compose();
  if (!status.ok()) return status;
  return architecture;
}

Architecture::Architecture(const DispatchOptions& options, RequestHandler* handler)
    : options_(options),
      handler_(handler),
      limits_(options.max_connections, options.refuse_fast),
      memory_(options) {}

Architecture::~Architecture() { StopThreads(); }

void Architecture::StopThreads() {
  // Workers first: what they have begun is still sent by readers that run.
  if (pool_ != nullptr) pool_->Stop();
  for (auto& reader : readers_) reader->Stop();
  for (std::thread& thread : reader_threads_) thread.join();
  reader_threads_.clear();
}

absl::Status Architecture::AddListener(bool share_port) {
  absl::StatusOr<Listener> listener =
      Listener::Open(options_, share_port, listeners_.empty() ? nullptr : listeners_.front().get());
  if (!listener.ok()) return listener.status();
  listeners_.push_back(std::make_unique<Listener>(*std::move(listener)));
  return absl::OkStatus();
}

Reader* Architecture::AddReader(int index, WorkerPool* pool, std::string role) {
  readers_.push_back(std::make_unique<Reader>(absl::StrCat("overtake-rd-", index), std::move(role),
                                              ExecutorId{index}, options_, handler_, &limits_,
                                              &memory_, pool));
  return readers_.back().get();
}

WorkerPool* Architecture::AddPool(WorkerPool::Kind kind) {
  pool_ = std::make_unique<WorkerPool>(
      WorkerPool::Setup{.kind = kind,
                        .policy = kind == WorkerPool::Kind::kAll ? options_.policy : Policy::kFcfs,
                        .workers = WorkerCount(options_),
                        .poll_micros = PollMicros(options_)},
      ExecutorId{ReaderCount(options_)}, handler_);
  return pool_.get();
}

Acceptor* Architecture::AddAcceptor(EventLoop* loop, const Listener* listener,
                                    Acceptor::OnConnection accept) {
  constexpr int kAcceptsPerEvent = 16;
  acceptors_.push_back(
      std::make_unique<Acceptor>(loop, listener, &limits_, kAcceptsPerEvent, std::move(accept)));
  return acceptors_.back().get();
}

void Architecture::StartReaders() {
  memory_.set_readers(readers_.size());
  reader_threads_.reserve(readers_.size());
  for (auto& reader : readers_) {
    reader_threads_.push_back(StartThread([r = reader.get()] {
      SetThreadName(r->stats().name);
      RefuseCancellation();
      r->Run();
    }));
  }
}

void Architecture::ReturnFreedMemory() {
  size_t input = 0;
  for (const auto& reader : readers_) input += reader->stats().input_bytes.Get();
  memory_.ReturnFreed(input);
}

std::string Architecture::PortLines() const {
  return listeners_.empty() ? "" : listeners_.front()->PortLines();
}

std::vector<const ThreadStats*> Architecture::thread_stats() const {
  std::vector<const ThreadStats*> all;
  for (const auto& reader : readers_) all.push_back(&reader->stats());
  if (pool_ != nullptr) {
    for (const ThreadStats* stats : pool_->stats()) all.push_back(stats);
  }
  return all;
}

absl::Status Architecture::WriteTrace(const std::string& path) const {
  if (options_.trace_requests == 0) {
    return absl::FailedPreconditionError("requests are not traced (--trace-requests)");
  }
  std::vector<ReaderTrace> traces;
  for (const auto& reader : readers_) {
    traces.push_back(
        {.reader = static_cast<int>(traces.size()), .pieces = reader->trace()->Copy()});
  }
  // See AddReader and AddPool.
  const auto name = [this](ExecutorId id) {
    const int readers = ReaderCount(options_);
    return id.value < readers ? absl::StrCat("overtake-rd-", id.value)
                              : absl::StrCat("overtake-wk-", id.value - readers);
  };
  return WriteTraceJson(traces, handler_->commands(), name, TicksPerMicrosecond(), path);
}

std::optional<size_t> Architecture::queue_depth() const {
  if (pool_ == nullptr) return std::nullopt;
  return pool_->queue_depth();
}

}  // namespace overtake
