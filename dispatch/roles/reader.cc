#include "dispatch/roles/reader.h"

#include <unistd.h>

#include <algorithm>
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
      note_after_ticks_(static_cast<uint64_t>(RequestTimes::kGrainMicros * TicksPerMicrosecond())),
      options_(options),
      handler_(handler),
      limits_(limits),
      memory_(memory),
      pool_(pool),
      stats_(std::move(name), std::move(role)),
      trace_(options.trace_requests > 0 ? std::make_unique<RequestTrace>(options.trace_requests)
                                        : nullptr),
      hurry_(pool != nullptr && pool->kind() == WorkerPool::Kind::kAll
                 ? std::make_unique<ShortTimer>(&loop_, [pool] { pool->SpreadOverdue(); })
                 : nullptr) {
  if (options_.tls != nullptr && options_.handshake_timeout_s > 0) {
    look_for_late_.reset(evtimer_new(
        loop_.base(),
        [](int, short, void* self) { static_cast<Reader*>(self)->CloseLateHandshakes(); }, this));
  }
  if (options_.idle_timeout_s == 0) return;
  constexpr timeval kEachSecond = {.tv_sec = 1, .tv_usec = 0};
  look_for_idle_.reset(event_new(
      loop_.base(), -1, EV_PERSIST,
      [](int, short, void* self) { static_cast<Reader*>(self)->CloseIdle(); }, this));
  event_add(look_for_idle_.get(), &kEachSecond);
}

Reader::~Reader() {
  while (!all_.empty()) Close(all_.first(), CloseReason::kShutdown);
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
    loop_.Wait(/*block=*/ready_.empty() && handshakes_.empty());
    if (hooks_.after_wait) hooks_.after_wait();
    if (pool_ != nullptr) ChooseSlice();
    TakeAdopted();
    TakeCompleted();
    TakeTurns();
  }
}

// A short slice lets the reader interrupt who is in the midst of a heavy request. While there are
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
    job->connection->in_flight = false;
    if (std::exchange(job->hurried, false)) --hurried_;
    EndTurn(job->connection);
    job = next;
  }
  if (hurried_ > 0) hurry_->Set(WorkerPool::kPatienceMicros);
}

void Reader::TakeTurns() {
  stats_.queue_depth.Set(ready_.size());
  // Those that come back during their turn wait for the next round.
  size_t left = ready_.size();
  while (left > 0 && !ready_.empty()) {
    Group group;
    for (; left > 0 && !ready_.empty() && !group.full(); --left) {
      Connection* const c = ready_.first();
      Dequeue(c, &ready_);
      if (BeginTurn(c)) group.Add(c);
    }
    if (group.requests.size() > 1) handler_->Prepare(group.requests);
    for (Connection* c : group.connections) FinishTurn(c);
  }
  if (!handshakes_.empty()) {
    Connection* const c = handshakes_.first();
    Dequeue(c, &handshakes_);
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
  if (socket.tls && (tls = options_.tls->NewSession(socket.fd)) == nullptr) {
    close(socket.fd);
    limits_->Leave();
    share_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  auto* const c =
      new Connection(socket.fd, std::move(tls), this, &blocks_, options_, handler_->commands());
  event_assign(&c->readiness, loop_.base(), c->fd,
               EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, OnReady, c);
  c->read_ticks = c->request_ticks = c->noted_ticks = Ticks();
  RequestTimes::OfProcess().Note(c->fd, c->noted_ticks);
  all_.PushBack(c);
  stats_.connections.Set(all_.size());
  if (c->transport.handshaking() && look_for_late_ != nullptr) LimitHandshake(c);
  c->peer = socket.peer;
  handler_->ConnectionOpened(c->fd, c->peer);
  if (event_add(&c->readiness, nullptr) != 0) Close(c, CloseReason::kError);
}

// Those that wait for a request, or for the rest of one. Who has not taken its reply yet is not
// idle: it costs no more than that reply.
void Reader::CloseIdle() {
  const auto allowed = static_cast<uint64_t>(options_.idle_timeout_s * 1e6 * TicksPerMicrosecond());
  const uint64_t now = Ticks();
  Connection* next = nullptr;
  for (Connection* c = all_.first(); c != nullptr; c = next) {
    next = c->next;
    if (c->job != nullptr || c->in_flight || c->readable) continue;
    if (now - std::min(now, c->request_ticks) <= allowed) continue;
    limits_->KickedIdle();
    Close(c, CloseReason::kIdleTimeout);
  }
}

void Reader::LimitHandshake(Connection* c) {
  c->unestablished = true;
  unestablished_.PushBack(c);
  if (evtimer_pending(look_for_late_.get(), nullptr) != 0) return;
  const timeval allowed = {.tv_sec = options_.handshake_timeout_s, .tv_usec = 0};
  evtimer_add(look_for_late_.get(), &allowed);
}

void Reader::EndHandshake(Connection* c) {
  c->unestablished = false;
  unestablished_.Remove(c);
}

// Nothing was read from them that counts, so their time is that of their arrival, whatever a client
// sends now and then.
void Reader::CloseLateHandshakes() {
  const double allowed = options_.handshake_timeout_s * 1e6;
  while (!unestablished_.empty()) {
    Connection* const c = unestablished_.first();
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
    LogClosing(c->fd, "its TLS handshake took too long");
    Close(c, CloseReason::kError);
  }
}

void Reader::OnReady(int /*fd*/, short what, void* connection) {
  auto* const c = static_cast<Connection*>(connection);
  if ((what & EV_CLOSED) != 0) c->peer_closed = true;
  if ((what & (EV_READ | EV_CLOSED)) != 0) c->readable = true;
  if ((what & EV_WRITE) != 0) c->writable = true;
  if (c->in_flight) return;  // looked at again when its worker is done
  if (c->readable || c->job != nullptr) c->reader->Enqueue(c);
}

void Reader::Enqueue(Connection* c) {
  if (c->queued) return;
  c->queued = true;
  (c->transport.handshaking() ? handshakes_ : ready_).PushBack(c);
}

void Reader::Dequeue(Connection* c, ReadyConnections* list) {
  list->Remove(c);
  c->queued = false;
}

void Reader::Close(Connection* c, CloseReason reason) {
  handler_->ConnectionClosing(c->fd, c->peer, reason);
  if (c->job != nullptr && c->job->begun()) {
    handler_->Abandon(c->job->requests[c->job->next], c->job->continuation);
  }
  if (c->waits) {
    std::erase(waiting_, c);
    if (waiting_.empty()) look_at_waiting_.reset();
  }
  if (c->unestablished) EndHandshake(c);
  EndUpload(c);
  event_del(&c->readiness);
  c->transport.Close();
  close(c->fd);
  if (c->queued) Dequeue(c, c->transport.handshaking() ? &handshakes_ : &ready_);
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
  job->trivial = true;
  job->heavy_requests = 0;
  job->resumed = job->waiting = job->close = job->wrote = false;
  free_jobs_.emplace_back(job);
}

}  // namespace overtake
