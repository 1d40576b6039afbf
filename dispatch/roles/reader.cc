#include "dispatch/roles/reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "dispatch/connection_log.h"
#include "dispatch/roles/worker_pool.h"
#include "dispatch/ticks.h"
#include "dispatch/tls_context.h"

namespace overtake {

Reader::Reader(std::string name, std::string role, ExecutorId executor,
               const DispatchOptions& options, RequestHandler* handler, ConnectionLimits* limits,
               WorkerPool* pool)
    : executor_(executor),
      options_(options),
      handler_(handler),
      limits_(limits),
      pool_(pool),
      stats_(std::move(name), std::move(role)),
      trace_(options.trace_requests > 0 ? std::make_unique<RequestTrace>(options.trace_requests)
                                        : nullptr) {
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
    TakeAdopted();
    TakeCompleted();
    TakeTurns();
  }
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
    EndTurn(job->connection);
    job = next;
  }
}

void Reader::TakeTurns() {
  stats_.queue_depth.Set(ready_.size());
  // Those that come back during their turn wait for the next round.
  for (size_t left = ready_.size(); left > 0 && !ready_.empty(); --left) {
    Connection* const c = ready_.first();
    Dequeue(c, &ready_);
    Turn(c);
  }
  if (!handshakes_.empty()) {
    Connection* const c = handshakes_.first();
    Dequeue(c, &handshakes_);
    Turn(c);
  }
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
  auto* const c = new Connection(socket.fd, std::move(tls), this, &blocks_, options_);
  event_assign(&c->readiness, loop_.base(), c->fd,
               EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, OnReady, c);
  c->read_ticks = Ticks();
  all_.PushBack(c);
  stats_.connections.Set(all_.size());
  handler_->ConnectionOpened(c->fd);
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
    if (now - std::min(now, c->read_ticks) <= allowed) continue;
    limits_->KickedIdle();
    Close(c, CloseReason::kIdleTimeout);
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

void Reader::Turn(Connection* c) {
  if (c->in_flight) return;
  if (c->job == nullptr && !StartJob(c)) return;
  Job* const job = c->job;
  if (job->reply.empty() && !job->finished()) {
    if (SubmitIfForPool(c)) return;
    // With a pool for heavy jobs, one that fills a reply has turned out to be heavy.
    const bool cut = pool_ != nullptr && pool_->kind() == WorkerPool::Kind::kHeavy;
    job->Execute(handler_, executor_, cut ? kMaxSendBytes : Reply::kSoftLimitBytes, &stats_);
    if (cut && job->resumed) job->set_heavy(job->next);
  }
  EndTurn(c);
}

bool Reader::SubmitIfForPool(Connection* c) {
  if (pool_ == nullptr || !pool_->Takes(*c->job)) return false;
  c->in_flight = true;
  if (c->job->trace != nullptr) c->job->trace->Queue();
  pool_->Submit(c->job);
  return true;
}

// Gives `c` a job of the requests that have arrived. False when there are none yet, or `c` is gone.
bool Reader::StartJob(Connection* c) {
  Job* const job = NewJob(c);
  ParseInto(c, job);
  size_t received = 0;
  while (job->count == 0 && c->readable) {
    if (received >= kMaxReadBytes) {
      Enqueue(c);
      break;
    }
    const size_t before = c->input.unread().size();
    const Received result = Receive(c);
    if (result == Received::kClosed) {
      Recycle(job);
      Close(c, CloseReason::kNormal);
      return false;
    }
    if (result == Received::kNothing) break;
    received += c->input.unread().size() - before;
    ParseInto(c, job);
    // Nothing will be sent now that could fail, so a connection that was reset behind these bytes
    // must be found out by reading on.
    if (job->count == 0) c->readable = true;
  }
  if (job->count == 0) {
    Recycle(job);
    c->input.ReleaseIfEmpty();
    return false;
  }
  job->read_ticks = c->read_ticks;
  c->job = job;
  return true;
}

size_t Reader::RequestsPerTurn() const {
  return std::clamp<size_t>(static_cast<size_t>(options_.requests_per_turn), 1, Job::kMaxRequests);
}

void Reader::ParseInto(Connection* c, Job* job) {
  while (job->count < RequestsPerTurn()) {
    Request* const request = &job->requests[job->count];
    size_t consumed = 0;
    const RequestParser::Result result = c->parser.Next(c->input.unread(), request, &consumed);
    c->input.Consume(consumed);
    if (result == RequestParser::Result::kNeedMore) return;
    ++job->count;
    if (pool_ != nullptr) {
      const Weight weight = handler_->WeightOf(*request);
      if (weight != Weight::kTrivial) job->trivial = false;
      if (weight == Weight::kHeavy) job->set_heavy(job->count - 1);
    }
    if (request->command == Command::kQuit) {
      if (!request->text.empty()) LogClosing(c->fd, request->text);
      return;
    }
  }
}

Reader::Received Reader::Receive(Connection* c) {
  if (!c->input.MakeRoom(c->parser.needed())) return Received::kClosed;
  const size_t room = std::min(c->input.free_bytes(), kMaxReadBytes);
  const TransferResult result = c->transport.Receive(c->input.free_space(), room);
  switch (result.what) {
    case Transfer::kSome:
      c->input.Fill(result.bytes);
      c->read_ticks = Ticks();
      stats_.bytes_read.Add(result.bytes);
      // Behind what has emptied the socket may stand the end of the stream.
      c->readable = !result.exhausted || c->peer_closed;
      return Received::kSome;
    case Transfer::kBlocked:
      c->readable = !result.exhausted;
      return Received::kNothing;
    case Transfer::kYield:
      Enqueue(c);
      return Received::kNothing;
    case Transfer::kFailed:
      break;
  }
  return Received::kClosed;
}

// After (part of) a job was executed: sends, and decides what the connection waits for.
void Reader::EndTurn(Connection* c) {
  Job* const job = c->job;
  switch (Send(c)) {
    case Sent::kFailed:
      Close(c, CloseReason::kError);
      return;
    case Sent::kBlocked:  // until EV_WRITE
      return;
    case Sent::kPart:
      Enqueue(c);
      return;
    case Sent::kAll:
      break;
  }
  if (job->waiting) {
    LetWait(c);
    return;
  }
  if (!job->finished()) {
    if (!SubmitIfForPool(c)) Enqueue(c);
    return;
  }
  if (trace_ != nullptr) trace_->Add(*job->trace, c->fd, job->count, job->read_ticks);
  if (job->close) {
    Close(c, CloseReason::kNormal);
    return;
  }
  // See StartJob: with nothing sent, only a read can tell that the connection is gone.
  if (!job->wrote) c->readable = true;
  const bool may_hold_more = job->count >= RequestsPerTurn() && !c->input.empty();
  c->job = nullptr;
  Recycle(job);
  if (may_hold_more) {
    stats_.yields.Add(1);
    Enqueue(c);
    return;
  }
  c->input.ReleaseIfEmpty();
  if (c->readable) Enqueue(c);
}

// Such a request does not end before its connection.
void Reader::LetWait(Connection* c) {
  if (c->peer_closed) {
    Close(c, CloseReason::kError);
    return;
  }
  if (c->waits) return;
  c->waits = true;
  waiting_.push_back(c);
  if (waiting_.size() > 1) return;
  constexpr timeval kAWhile = {.tv_sec = 0, .tv_usec = 20'000};
  look_at_waiting_.reset(event_new(
      loop_.base(), -1, EV_PERSIST,
      [](int, short, void* self) { static_cast<Reader*>(self)->LookAtWaiting(); }, this));
  event_add(look_at_waiting_.get(), &kAWhile);
}

void Reader::LookAtWaiting() {
  for (Connection* c : waiting_) {
    if (!c->in_flight) Enqueue(c);
  }
}

Sent Reader::Send(Connection* c) {
  if (c->job->reply.empty()) return Sent::kAll;
  if (!c->writable) return Sent::kBlocked;
  const Sent sent = SendReply(*c, kMaxSendBytes, &stats_);
  if (sent == Sent::kBlocked) c->writable = false;
  return sent;
}

void Reader::Close(Connection* c, CloseReason reason) {
  handler_->ConnectionClosing(c->fd, reason);
  if (c->job != nullptr && c->job->begun()) handler_->Abandon(c->job->requests[c->job->next]);
  if (c->waits) {
    std::erase(waiting_, c);
    if (waiting_.empty()) look_at_waiting_.reset();
  }
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
    job = new Job;
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
