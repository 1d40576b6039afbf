// What a Reader does in the turns that it gives its connections.
#include <poll.h>

#include <algorithm>
#include <cassert>
#include <optional>

#include "base/ticks.h"
#include "dispatch/connection_log.h"
#include "dispatch/request_times.h"
#include "dispatch/roles/reader.h"
#include "dispatch/roles/worker_pool.h"

namespace overtake {
namespace {

// How the peer has ended the connection, if it has; also when there are bytes before the end that
// the reader does not read.
std::optional<CloseReason> EndOf(int fd) {
  pollfd socket = {.fd = fd, .events = POLLRDHUP, .revents = 0};
  if (poll(&socket, 1, 0) <= 0) return std::nullopt;
  return (socket.revents & POLLERR) != 0 ? CloseReason::kError : CloseReason::kNormal;
}

}  // namespace

bool Reader::BeginTurn(Connection* c) {
  switch (c->phase()) {
    case Phase::kHandshaking:
    case Phase::kReading:
    case Phase::kAwaitingRoom:
      if (!StartJob(c)) return false;
      break;
    case Phase::kWaiting:
      c->SetPhase(Phase::kExecuting);
      break;
    case Phase::kExecuting:
      break;
    case Phase::kSending:
      EndTurn(c);
      return false;
    case Phase::kInPool:
    case Phase::kClosing:
      assert(false);  // they are not enqueued
      return false;
  }
  return !SubmitIfForPool(c);
}

void Reader::FinishTurn(Connection* c) {
  Job* const job = c->job;
  job->Execute(handler_, executor_, &stats_);
  // With a pool for heavy jobs, one that fills a reply has turned out to be heavy; not so where
  // memory is short and replies are small.
  const bool cut = pool_ != nullptr && pool_->kind() == WorkerPool::Kind::kHeavy;
  const bool small = job->reply.full() && job->reply.size() < ReplyMemory::kMaxPieceBytes;
  if (cut && job->resumed() && !small) job->set_heavy(job->next);
  c->SetPhase(Phase::kSending);
  EndTurn(c);
}

bool Reader::SubmitIfForPool(Connection* c) {
  if (pool_ == nullptr || !pool_->Takes(*c->job)) return false;
  c->SetPhase(Phase::kInPool);
  if (c->job->trace != nullptr) c->job->trace->Queue();
  if (pool_->Submit(c->job)) {
    ++light_queued_;
    spread_overdue_->Set(WorkerPool::kPatienceMicros);
  }
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
    if (LetAwaitRoom(c)) break;
    const size_t before = c->input.unread().size();
    const Received result = Receive(c);
    if (result == Received::kEnded || result == Received::kFailed) {
      Recycle(job);
      Close(c, result == Received::kEnded ? CloseReason::kNormal : CloseReason::kError);
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
    c->input.Trim(c->parser.needed());
    NoteUpload(c);
    return false;
  }
  job->read_ticks = c->read_ticks;
  NoteRequest(c);
  c->job = job;
  c->SetPhase(Phase::kExecuting);
  return true;
}

void Reader::NoteRequest(Connection* c) {
  c->request_time = CoarseTime(c->read_ticks);
  c->bytes_since_request = 0;
  if (c->request_time == c->noted_time) return;
  c->noted_time = c->request_time;
  RequestTimes::OfProcess().Note(c->fd(), c->read_ticks);
}

size_t Reader::RequestsPerTurn() const {
  return std::clamp<size_t>(static_cast<size_t>(options_.requests_per_turn), 1, Job::kMaxRequests);
}

void Reader::ParseInto(Connection* c, Job* job) {
  while (job->count < RequestsPerTurn() && !c->input.empty()) {
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
      if (!request->text.empty()) LogClosing(c->fd(), request->text);
      return;
    }
  }
}

Reader::Received Reader::Receive(Connection* c) {
  if (!c->input.MakeRoom(c->parser.needed())) return Received::kFailed;
  NoteUpload(c);
  const size_t room = std::min(c->input.free_bytes(), kMaxReadBytes);
  const TransferResult result = c->transport.Receive(c->input.free_space(), room);
  if (c->phase() == Phase::kHandshaking && !c->transport.handshaking()) EndHandshake(c);
  switch (result.what) {
    case Transfer::kSome:
      c->input.Fill(result.bytes);
      c->read_ticks = Ticks();
      c->bytes_since_request += static_cast<uint32_t>(result.bytes);
      if (c->bytes_since_request >= kRequestBytes) {
        c->request_time = CoarseTime(c->read_ticks);
        c->bytes_since_request = 0;
      }
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
    case Transfer::kEnded:
      return Received::kEnded;
    case Transfer::kFailed:
      break;
  }
  return Received::kFailed;
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
  if (job->waiting()) {
    LetWait(c);
    return;
  }
  if (!job->finished()) {
    c->SetPhase(Phase::kExecuting);
    if (!SubmitIfForPool(c)) Enqueue(c);
    return;
  }
  if (trace_ != nullptr) trace_->Add(*job->trace, c->fd(), job->count, job->read_ticks);
  if (job->closes()) {
    const Request& last = job->requests[job->count - 1];
    const bool broken = last.command == Command::kQuit && !last.text.empty();
    Close(c, broken ? CloseReason::kError : CloseReason::kNormal);
    return;
  }
  // See StartJob: with nothing sent, only a read can tell that the connection is gone.
  if (!job->wrote) c->readable = true;
  const bool may_hold_more = job->count >= RequestsPerTurn() && !c->input.empty();
  c->job = nullptr;
  c->SetPhase(Phase::kReading);
  Recycle(job);
  // What is still there is another request.
  c->input.Trim(c->parser.needed());
  EndUpload(c);
  NoteUpload(c);
  if (may_hold_more) {
    stats_.yields.Add(1);
    Enqueue(c);
    return;
  }
  if (c->readable) Enqueue(c);
}

// The job's request is to be executed anew in a while. It does not end before its connection.
void Reader::LetWait(Connection* c) {
  // A reset shows as readable, and no more than that.
  if (const auto end = c->peer_closed || c->readable ? EndOf(c->fd()) : std::nullopt) {
    Close(c, *end);
    return;
  }
  c->SetPhase(Phase::kWaiting);
  if (waiting_.Holds(c)) return;
  EndUpload(c);  // as one of them it would stay the first for ever
  waiting_.PushBack(c);
  if (look_at_waiting_ != nullptr) return;
  look_at_waiting_ = NewTimer<&Reader::LookAtWaiting>({.tv_sec = 0, .tv_usec = 20'000});
}

void Reader::LookAtWaiting() {
  if (waiting_.empty()) return look_at_waiting_.reset();
  for (Connection* c = waiting_.first(); c != nullptr; c = waiting_.After(c)) {
    if (c->phase() == Phase::kWaiting) Enqueue(c);
  }
}

Sent Reader::Send(Connection* c) {
  if (c->job->reply.empty()) return Sent::kAll;
  if (!c->writable) return Sent::kBlocked;
  const Sent sent = SendReply(*c, kMaxSendBytes, &stats_);
  if (sent == Sent::kBlocked) c->writable = false;
  return sent;
}

}  // namespace overtake
