#include "bench/simulate/simulation.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>

#include "bench/simulate/architecture.h"
#include "bench/simulate/cores.h"
#include "bench/simulate/event_queue.h"
#include "bench/simulate/random.h"

namespace overtake::bench::simulate {
namespace {

constexpr uint64_t kEventsPerTick = 1 << 20;
// Which stream of a load's random numbers is which.
enum Stream : uint64_t { kGaps, kServiceTimes, kConnections, kStreams };

class Simulation final : public Cores::Listener {
 public:
  explicit Simulation(const Options& options);
  Result Run(const std::function<void()>& tick);

  void WorkDone(Thread* thread, const Work& work) override;

 private:
  // A load's sender, and its thread where it shares the server's cores.
  struct Client {
    Client(const Load& load, uint64_t seed, uint64_t index)
        : arrivals(load.arrivals, load.per_second > 0 ? load.per_second : 1),
          gaps(seed, index * kStreams + kGaps),
          service_times(seed, index * kStreams + kServiceTimes),
          connections(seed, index * kStreams + kConnections) {}

    ArrivalTimes arrivals;
    Random gaps, service_times, connections;
    uint32_t first_connection = 0;
    Thread* thread = nullptr;
  };

  void PlanArrival(uint32_t load);
  void SendFirstOfAll();
  void Send(uint32_t load, uint32_t connection);
  void Answered(Request* request);
  void Complete(Request* request);
  bool Measured(double due_us) const { return due_us >= measured_from_us_; }
  Request* NewRequest();
  Result Finish();

  const Options& options_;
  EventQueue events_;
  Cores cores_;
  std::unique_ptr<Architecture> architecture_;
  size_t server_threads_ = 0;
  std::vector<Client> clients_;
  std::deque<Request> requests_;  // that there are, under way or free
  std::vector<Request*> free_;
  uint64_t sent_ = 0;
  uint64_t warmup_requests_ = 0;
  double measured_from_us_ = 1e300;
  double last_due_us_ = 0;
  uint64_t due_ = 0, in_time_ = 0, answered_ = 0;  // measured requests
  Result result_;
};

Simulation::Simulation(const Options& options)
    : options_(options),
      cores_(options.cores,
             options.clients == Clients::kSameCores ? CoreQueues::kEach : CoreQueues::kOne,
             options.costs, &events_, this),
      architecture_(MakeArchitecture(options, &cores_, [this](Request* r) { Answered(r); })),
      server_threads_(cores_.threads().size()),
      warmup_requests_(
          static_cast<uint64_t>(options.warmup * static_cast<double>(options.requests))) {
  double rate = 0;
  for (const Load& load : options.loads) rate += load.per_second;
  uint32_t connections = 0;
  for (uint32_t i = 0; i < options.loads.size(); ++i) {
    const Load& load = options.loads[i];
    clients_.emplace_back(load, options.seed, i);
    Client& client = clients_.back();
    // Without connections of its own, a load's requests are of none that is known.
    client.first_connection = load.connections > 0 ? connections : UINT32_MAX;
    connections += static_cast<uint32_t>(load.connections);
    if (options.clients == Clients::kSameCores) {
      client.thread = cores_.AddThread(load.name, load.heavy ? Rank::kNormal : Rank::kUrgent);
    }
    const double share = rate > 0 ? load.per_second / rate : 1;
    const auto expected = static_cast<double>(options.requests - warmup_requests_) * share;
    result_.loads.emplace_back(static_cast<uint64_t>(expected));
  }
}

Result Simulation::Run(const std::function<void()>& tick) {
  if (warmup_requests_ == 0) measured_from_us_ = 0;
  if (options_.closed_loop) {
    SendFirstOfAll();
  } else {
    for (uint32_t i = 0; i < clients_.size(); ++i) PlanArrival(i);
  }
  for (uint64_t count = 1; !events_.empty(); ++count) {
    const Event event = events_.Pop();
    if (event.kind == EventKind::kArrival) {
      if (sent_ == options_.requests) continue;  // one for each load is left
      PlanArrival(event.index);
      const Load& load = options_.loads[event.index];
      Client& client = clients_[event.index];
      const auto bound = static_cast<uint32_t>(std::max(1, load.connections));
      Send(event.index,
           client.first_connection + (load.connections > 0 ? client.connections.Below(bound) : 0));
    } else {
      cores_.OnEvent(event);
    }
    if (count % kEventsPerTick == 0) tick();
  }
  return Finish();
}

void Simulation::PlanArrival(uint32_t load) {
  if (options_.loads[load].per_second <= 0) return;
  Client& client = clients_[load];
  events_.Add(client.arrivals.NextNs(client.gaps.Uniform()) / 1000, EventKind::kArrival, load);
}

void Simulation::SendFirstOfAll() {
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    for (int c = 0; c < options_.loads[i].connections; ++c) {
      Send(i, clients_[i].first_connection + static_cast<uint32_t>(c));
    }
  }
}

void Simulation::Send(uint32_t index, uint32_t connection) {
  if (sent_ == options_.requests) return;
  const Load& load = options_.loads[index];
  Client& client = clients_[index];
  const double now_us = events_.now_us();
  if (sent_++ == warmup_requests_) measured_from_us_ = now_us;
  last_due_us_ = now_us;
  Request* const request = NewRequest();
  *request = {.due_us = now_us,
              .execute_us = load.execution.Quantile(client.service_times.Uniform()),
              .request_kb = load.request_kb,
              .unsent_kb = load.reply_kb,
              .load = index,
              .connection = connection,
              .heavy = load.heavy};
  if (Measured(now_us)) ++due_;
  if (client.thread == nullptr) {
    architecture_->Arrive(request);
  } else {
    cores_.Post(client.thread, {request, options_.costs.client_send_us, Step::kClientSend});
  }
}

void Simulation::WorkDone(Thread* thread, const Work& work) {
  if (work.step == Step::kClientSend) {
    architecture_->Arrive(work.request);
  } else if (work.step == Step::kClientReceive) {
    Complete(work.request);
  } else {
    architecture_->WorkDone(thread, work);
  }
}

void Simulation::Answered(Request* request) {
  Thread* const client = clients_[request->load].thread;
  if (client == nullptr) {
    Complete(request);
    return;
  }
  const Costs& costs = options_.costs;
  const double kb = options_.loads[request->load].reply_kb;
  const double us = costs.client_receive_us + kb * costs.client_receive_kb_us;
  cores_.Post(client, {request, us, Step::kClientReceive});
}

void Simulation::Complete(Request* request) {
  constexpr double kNsPerUs = 1000;
  const double now_us = events_.now_us();
  if (Measured(request->due_us)) {
    const double latency_us = now_us - request->due_us;
    LoadStatistics& statistics = result_.loads[request->load];
    statistics.latency_ns.Record(static_cast<uint64_t>(std::llround(latency_us * kNsPerUs)));
    statistics.response_us.Add(latency_us);
    statistics.wait_us.Add(latency_us - request->execute_us);
    if (sent_ < options_.requests) ++in_time_;
  }
  if (Measured(now_us) && sent_ < options_.requests) ++answered_;
  const uint32_t load = request->load, connection = request->connection;
  free_.push_back(request);
  if (options_.closed_loop) Send(load, connection);
}

Request* Simulation::NewRequest() {
  if (free_.empty()) return &requests_.emplace_back();
  Request* const request = free_.back();
  free_.pop_back();
  return request;
}

Result Simulation::Finish() {
  const double end_us = events_.now_us();
  const double measured_us = last_due_us_ - measured_from_us_;
  if (measured_us > 0) {
    result_.seconds = measured_us / 1e6;
    result_.answered_per_second = static_cast<double>(answered_) / result_.seconds;
  }
  if (due_ > 0) result_.kept_up = static_cast<double>(in_time_) / static_cast<double>(due_);
  if (end_us <= 0) return std::move(result_);
  double busy_us = 0;
  for (size_t i = 0; i < cores_.threads().size(); ++i) {
    const Thread& thread = *cores_.threads()[i];
    busy_us += thread.busy_us();
    if (i >= server_threads_ || thread.busy_us() / end_us <= result_.busiest_share) continue;
    result_.busiest = thread.name();
    result_.busiest_share = thread.busy_us() / end_us;
  }
  result_.cores_busy_share = busy_us / end_us / cores_.count();
  if (const Thread* dispatcher = architecture_->dispatcher()) {
    result_.dispatcher_share = dispatcher->busy_us() / end_us;
  }
  return std::move(result_);
}

}  // namespace

Result Simulate(const Options& options, const std::function<void()>& tick) {
  return Simulation(options).Run(tick);
}

}  // namespace overtake::bench::simulate
