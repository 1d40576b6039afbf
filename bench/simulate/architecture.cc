#include "bench/simulate/architecture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/simulate/architectures.h"

namespace overtake::bench::simulate {

Architecture::Architecture(const Options& options, Cores* cores,
                           std::function<void(Request*)> answered)
    : options_(options), costs_(options.costs), cores_(cores), answered_(std::move(answered)) {
  size_t connections = 0;
  for (const Load& load : options.loads) connections += static_cast<size_t>(load.connections);
  connections_.resize(connections);
}

void Architecture::Arrive(Request* request) {
  if (request->connection < connections_.size()) {
    Connection& connection = connections_[request->connection];
    if (connection.busy) {
      connection.waiting.Push(request);
      return;
    }
    connection.busy = true;
  }
  Begin(request);
}

void Architecture::WorkDone(Thread* thread, const Work& work) {
  Request* const request = work.request;
  switch (work.step) {
    case Step::kRead:
      pool_->Submit(request, thread);
      break;
    case Step::kExecute:
      pool_->GiveBack(*request);
      if (cores_->Post(request->reader, {request, TakePortion(request), Step::kSend})) {
        cores_->Charge(thread, costs_.wake_us);
      }
      break;
    case Step::kTurn:
    case Step::kSend:
      if (request->unsent_kb > 0) {
        cores_->Post(thread, {request, TakePortion(request), Step::kSend});
      } else {
        Sent(request);
      }
      break;
    default:
      break;
  }
}

void Architecture::AddReaders(int count, Rank rank) {
  for (int i = 0; i < count; ++i) {
    readers_.push_back(cores_->AddThread(absl::StrCat("reader ", i), rank));
  }
}

void Architecture::AddPool(Policy policy) {
  pool_ = std::make_unique<WorkerPool>(options_.workers, policy, costs_, cores_);
}

void Architecture::RunHere(Thread* reader, Request* request) {
  request->reader = reader;
  const double us = ReadUs(*request) + request->execute_us + TakePortion(request);
  cores_->Post(reader, {request, us, Step::kTurn});
}

void Architecture::RunInPool(Thread* reader, Request* request) {
  request->reader = reader;
  cores_->Post(reader, {request, ReadUs(*request) + costs_.hand_over_us, Step::kRead});
}

double Architecture::ReadUs(const Request& request) const {
  return costs_.read_us + request.request_kb * costs_.read_kb_us;
}

double Architecture::TakePortion(Request* request) const {
  const double kb = std::min(request->unsent_kb, costs_.portion_kb);
  request->unsent_kb -= kb;
  return costs_.send_us + kb * costs_.send_kb_us;
}

void Architecture::Sent(Request* request) {
  // What waited behind it is begun before the client can have sent more.
  if (request->connection < connections_.size()) {
    Connection& connection = connections_[request->connection];
    connection.busy = !connection.waiting.empty();
    if (connection.busy) Begin(connection.waiting.Pop());
  }
  answered_(request);
}

std::unique_ptr<Architecture> MakeArchitecture(const Options& options, Cores* cores,
                                               std::function<void(Request*)> answered) {
  switch (options.mode) {
    case Mode::kNode:
      return MakeNode(options, cores, std::move(answered));
    case Mode::kMemcached:
      return MakeMemcached(options, cores, std::move(answered));
    case Mode::kRamcloud:
      return MakeRamcloud(options, cores, std::move(answered));
    case Mode::kNginx:
      return MakeNginx(options, cores, std::move(answered));
    case Mode::kReuseport:
      return MakeReuseport(options, cores, std::move(answered));
    case Mode::kOvertake:
      return MakeOvertake(options, cores, std::move(answered));
  }
  return nullptr;
}

}  // namespace overtake::bench::simulate
