#include "dispatch/roles/reader.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/thread_slice.h"
#include "base/ticks.h"
#include "dispatch/connection_log.h"
#include "dispatch/request_times.h"
#include "dispatch/roles/worker_pool.h"
#include "dispatch/tls_context.h"

namespace overtake {

Reader::Reader(std::string name, std::string role, ExecutorId executor,
               const DispatchOptions& options, RequestHandler* handler, ConnectionLimits* limits,
               ConnectionMemory* memory, WorkerPool* pool)
    : executor_(executor),
      coarse_shift_(std::bit_width(
                        static_cast<uint64_t>(RequestTimes::kGrainMicros * TicksPerMicrosecond())) -
                    1),
      options_(options),
      handler_(handler),
      limits_(limits),
      memory_(memory),
      pool_(pool),
      stats_(std::move(name), std::move(role)),
      trace_(options.trace_requests > 0 ? std::make_unique<RequestTrace>(options.trace_requests)
                                        : nullptr),
      spread_overdue_(pool != nullptr && pool->kind() == WorkerPool::Kind::kAll
                          ? std::make_unique<ShortTimer>(&loop_, [pool] { pool->SpreadOverdue(); })
                          : nullptr) {
  if (options_.tls != nullptr && options_.handshake_timeout_s > 0) {
    look_for_late_.reset(evtimer_new(
        loop_.base(),
        [](int, short, void* self) { static_cast<Reader*>(self)->CloseLateHandshakes(); }, this));
  }
  if (options_.idle_timeout_s == 0) return;
  look_for_idle_ = NewTimer<&Reader::CloseIdle>({.tv_sec = 1, .tv_usec = 0});
}

Reader::~Reader() {
  while (!all_.empty()) {
    Connection* const c = all_.first();
    // The pool has ended, and jobs that it did not execute are the reader's again.
    if (c->phase() == Phase::kInPool) c->SetPhase(Phase::kSending);
    Close(c, CloseReason::kShutdown);
  }
  for (Adoption* a = adopted_.TakeAll(); a != nullptr;) {
    close(a->socket.fd);
    limits_->Leave();
    Adoption* const next = a->mpsc_next;
    delete a;
    a = next;
  }
}

void Reader::Run() {
  while (!stop_.load(std::memory_order_relaxed)) {
    if (hooks_.before_wait) hooks_.before_wait();
    loop_.Wait(/*block=*/ready_.empty() && handshake_turns_.empty());
    if (hooks_.after_wait) hooks_.after_wait();
    if (pool_ != nullptr) ChooseSlice();
    TakeAdopted();
    TakeCompleted();
    TakeTurns();
  }
}

// A short slice lets the reader interrupt a worker in the midst of a heavy request. While there are
// none it would interrupt its own clients, after each request that one sends instead of after many,
// and pay a wait and a wake-up for each.
void Reader::ChooseSlice() {
  const bool wanted = pool_->busy_lately();
  if (wanted == has_short_slice_) return;
  has_short_slice_ = wanted;
  SetTimeSlice(wanted ? kLightSliceMicros : kOrdinarySliceMicros);
}

void Reader::Stop() {
  stop_.store(true, std::memory_order_relaxed);
  loop_.Wake();
}

void Reader::Adopt(AcceptedSocket socket) {
  share_.fetch_add(1, std::memory_order_relaxed);
  adopted_.Push(new Adoption{socket});
  loop_.Wake();
}

void Reader::TakeAdopted() {
  for (Adoption* a = adopted_.TakeAll(); a != nullptr;) {
    Add(a->socket);
    Adoption* const next = a->mpsc_next;
    delete a;
    a = next;
  }
}

void Reader::TakeCompleted() {
  for (Job* job = completed_.TakeAll(); job != nullptr;) {
    Job* const next = job->mpsc_next;
    job->connection->SetPhase(Phase::kSending);
    if (std::exchange(job->light_queued, false)) --light_queued_;
    EndTurn(job->connection);
    job = next;
  }
  if (light_queued_ > 0) spread_overdue_->Set(WorkerPool::kPatienceMicros);
}

void Reader::TakeTurns() {
  stats_.queue_depth.Set(ready_.size());
  // Connections that are enqueued anew during their turn have the next one in the next round.
  size_t left = ready_.size();
  while (left > 0 && !ready_.empty()) {
    Group group;
    for (; left > 0 && !ready_.empty() && !group.full(); --left) {
      Connection* const c = ready_.first();
      ready_.Remove(c);
      if (BeginTurn(c)) group.Add(c);
    }
    if (group.requests.size() > 1) handler_->Prepare(group.requests);
    for (Connection* c : group.connections) FinishTurn(c);
  }
  if (!handshake_turns_.empty()) {
    Connection* const c = handshake_turns_.first();
    handshake_turns_.Remove(c);
    if (BeginTurn(c)) FinishTurn(c);
  }
  stats_.input_bytes.Set(blocks_.bytes());
}

void Reader::Group::Add(Connection* c) {
  connections.push_back(c);
  const Job& job = *c->job;
  for (size_t i = job.next; i < job.count; ++i) requests.push_back(&job.requests[i]);
}

void Reader::AddConnection(AcceptedSocket socket) {
  share_.fetch_add(1, std::memory_order_relaxed);
  Add(socket);
}

void Reader::Add(AcceptedSocket socket) {
  std::unique_ptr<TlsSession> tls;
  if (socket.tls != ListenTls::kOff &&
      (tls = options_.tls->NewSession(socket.fd, socket.tls)) == nullptr) {
    close(socket.fd);
    limits_->Leave();
    share_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  auto* const c =
      new Connection(socket.fd, std::move(tls), this, &blocks_, options_, handler_->commands());
  event_assign(&c->readiness, loop_.base(), c->fd(),
               EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, OnReady, c);
  c->read_ticks = Ticks();
  c->request_time = c->noted_time = CoarseTime(c->read_ticks);
  RequestTimes::OfProcess().Note(c->fd(), c->read_ticks);
  all_.PushBack(c);
  stats_.connections.Set(all_.size());
  if (c->phase() == Phase::kHandshaking) BeginHandshake(c);
  c->peer = socket.peer;
  handler_->ConnectionOpened(c->fd(), c->peer);
  if (event_add(&c->readiness, nullptr) != 0) Close(c, CloseReason::kError);
}

double Reader::CoarseUnitsPerSecond() const {
  return 1e6 * TicksPerMicrosecond() / static_cast<double>(uint64_t{1} << coarse_shift_);
}

int32_t Reader::CoarseAge(uint32_t since) const {
  return static_cast<int32_t>(CoarseTime(Ticks()) - since) - 1;
}

// Those that wait for a request, or for the rest of one. A connection whose client has not taken
// its reply yet is not idle: it costs no more than that reply.
void Reader::CloseIdle() {
  const double allowed = options_.idle_timeout_s * CoarseUnitsPerSecond();
  Connection* next = nullptr;
  for (Connection* c = all_.first(); c != nullptr; c = next) {
    next = all_.After(c);
    if (c->job != nullptr || c->readable || CoarseAge(c->request_time) <= allowed) continue;
    limits_->KickedIdle();
    Close(c, CloseReason::kIdleTimeout);
  }
}

void Reader::BeginHandshake(Connection* c) {
  handshaking_.PushBack(c);
  if (look_for_late_ == nullptr || evtimer_pending(look_for_late_.get(), nullptr) != 0) return;
  const timeval allowed = {.tv_sec = options_.handshake_timeout_s, .tv_usec = 0};
  evtimer_add(look_for_late_.get(), &allowed);
}

void Reader::EndHandshake(Connection* c) {
  handshaking_.Remove(c);
  c->SetPhase(Phase::kReading);
}

// Nothing was read into a connection's input before its handshake ended, so its read_ticks say when
// it arrived, whatever the client sends now and then.
void Reader::CloseLateHandshakes() {
  const double allowed = options_.handshake_timeout_s * 1e6;
  while (!handshaking_.empty()) {
    Connection* const c = handshaking_.first();
    const uint64_t now = Ticks();
    const double micros =
        static_cast<double>(now - std::min(now, c->read_ticks)) / TicksPerMicrosecond();
    if (micros < allowed) {
      const auto left = static_cast<int64_t>(allowed - micros) + 1000;
      const timeval rest = {.tv_sec = left / 1'000'000, .tv_usec = left % 1'000'000};
      evtimer_add(look_for_late_.get(), &rest);
      return;
    }
    options_.tls->CountHandshakeError();
    LogClosing(c->fd(), "its TLS handshake took too long");
    Close(c, CloseReason::kError);
  }
}

void Reader::OnReady(int /*fd*/, short what, void* connection) {
  auto* const c = static_cast<Connection*>(connection);
  if ((what & EV_CLOSED) != 0) c->peer_closed = true;
  if ((what & (EV_READ | EV_CLOSED)) != 0) c->readable = true;
  if ((what & EV_WRITE) != 0) c->writable = true;
  if (c->phase() == Phase::kInPool) return;  // looked at again when its worker is done
  if (c->readable || c->job != nullptr) c->reader->Enqueue(c);
}

void Reader::Enqueue(Connection* c) {
  if (c->lists[kLinksOfTurns] != ListName::kNone) return;
  (c->phase() == Phase::kHandshaking ? handshake_turns_ : ready_).PushBack(c);
}

void Reader::Close(Connection* c, CloseReason reason) {
  c->SetPhase(Phase::kClosing);
  handler_->ConnectionClosing(c->fd(), c->peer, reason);
  if (c->job != nullptr && c->job->begun()) {
    handler_->Abandon(c->job->requests[c->job->next], c->job->continuation);
  }
  event_del(&c->readiness);
  c->transport.Close();
  close(c->fd());
  for (TurnList* list : {&ready_, &handshake_turns_}) list->RemoveIfHeld(c);
  for (TimedList* list : {&handshaking_, &uploads_, &waiting_}) list->RemoveIfHeld(c);
  all_.Remove(c);
  if (c->job != nullptr) Recycle(c->job);
  delete c;
  limits_->Leave();
  share_.fetch_sub(1, std::memory_order_relaxed);
  stats_.connections.Set(all_.size());
}

Job* Reader::NewJob(Connection* c) {
  Job* job = nullptr;
  if (free_jobs_.empty()) {
    job = new Job(&memory_->replies);
  } else {
    job = free_jobs_.back().release();
    free_jobs_.pop_back();
  }
  job->connection = c;
  if (trace_ != nullptr) {
    if (job->trace == nullptr) job->trace = std::make_unique<JobTrace>();
    job->trace->Clear();
  }
  return job;
}

void Reader::Recycle(Job* job) {
  constexpr size_t kMaxFree = 64;
  if (free_jobs_.size() >= kMaxFree) {
    delete job;
    return;
  }
  job->reply.Clear();
  job->count = job->next = 0;
  job->outcome = RequestHandler::Outcome::kDone;
  job->trivial = true;
  job->heavy_requests = 0;
  job->wrote = false;
  free_jobs_.emplace_back(job);
}

}  // namespace overtake
