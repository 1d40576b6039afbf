#include "bench/load/generator.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/thread_slice.h"
#include "bench/clock.h"

namespace overtake::bench {
namespace {

constexpr size_t kReceiveBytes = 64 * 1024;
constexpr size_t kSendBytes = 64 * 1024;  // request texts that are built ahead of being sent
constexpr int kMaxEvents = 64;
constexpr int64_t kStallNs = kSocketTimeoutSeconds * kNsPerSecond;
constexpr int64_t kMaxWaitNs = 100 * kNsPerMs;  // between looks at `stop` and at the stall clock
constexpr int64_t kMaxWakeUpNs = 100 * kNsPerUs;
constexpr int64_t kWakeUpWeight = 16;  // of the past against the newest, in the running mean

absl::Status Watch(int epoll, int operation, int fd, uint32_t events, size_t index) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = index;
  if (epoll_ctl(epoll, operation, fd, &event) != 0) return absl::ErrnoToStatus(errno, "epoll_ctl");
  return absl::OkStatus();
}

}  // namespace

Generator::Generator(const LoadClass& load, const RequestText& text, const RunPlan& plan)
    : text_(text), plan_(plan), buffer_(kReceiveBytes) {
  result_.load = load;
  result_.open_loop = open_loop();
  result_.measured_ns = plan.duration_ns;
}

absl::StatusOr<std::unique_ptr<Generator>> Generator::Create(const Endpoint& endpoint,
                                                             const LoadClass& load,
                                                             const RequestText& text,
                                                             const RunPlan& plan) {
  std::unique_ptr<Generator> generator(new Generator(load, text, plan));
  generator->schedule_ = MakeSchedule(load, plan.warmup_ns + plan.duration_ns, plan.seed);
  if (generator->open_loop()) {
    generator->result_.planned = static_cast<uint64_t>(
        std::count_if(generator->schedule_.begin(), generator->schedule_.end(),
                      [&](const Arrival& a) { return a.due_ns >= plan.warmup_ns; }));
  }
  generator->epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (generator->epoll_.get() < 0) return absl::ErrnoToStatus(errno, "epoll_create1");
  for (int i = 0; i < load.connections; ++i) {
    absl::StatusOr<UniqueFd> fd = Connect(endpoint);
    if (!fd.ok()) return fd.status();
    absl::Status status = SetNonBlocking(fd->get());
    if (status.ok()) {
      status =
          Watch(generator->epoll_.get(), EPOLL_CTL_ADD, fd->get(), EPOLLIN, static_cast<size_t>(i));
    }
    if (!status.ok()) return status;
    generator->connections_.emplace_back().fd = *std::move(fd);
  }
  return generator;
}

// A client elsewhere would not wait for the server's turn on a processor to end. Where we may, we
// also run before the server: a thread that spins for its timers is otherwise made to wait for
// those that have used less of the processor.
void Generator::BecomeUrgent() {
  constexpr int kNice = -15;
  setpriority(PRIO_PROCESS, 0, kNice);  // refused without privilege; the lag then shows it
  SetTimeSlice(kLightSliceMicros);
}

absl::Status Generator::Run(int64_t start_ns, const std::atomic<bool>& stop) {
  // The kernel may round timers up by 50 us by default, as much as the latencies measured here.
  prctl(PR_SET_TIMERSLACK, 1UL);
  if (result_.load.urgent) BecomeUrgent();
  start_ns_ = start_ns;
  last_progress_ns_ = start_ns;
  absl::Status status;
  if (!open_loop()) status = StartClosedLoop();
  while (status.ok() && (!AllSent(NowNs()) || unanswered_ > 0)) {
    if (stop.load(std::memory_order_relaxed)) status = absl::CancelledError("stopped");
    if (status.ok()) status = SendDue();
    if (status.ok()) status = CheckProgress(NowNs());
    if (status.ok()) status = Wait();
  }
  result_.unanswered = unanswered_;
  return status;
}

bool Generator::AllSent(int64_t now) const {
  return open_loop() ? next_ == schedule_.size() : schedule_.empty() || now >= EndNs();
}

const Arrival* Generator::NextArrival() {
  const Arrival* const arrival = &schedule_[next_];
  next_ = (next_ + 1) % schedule_.size();
  return arrival;
}

absl::Status Generator::StartClosedLoop() {
  if (schedule_.empty()) return absl::OkStatus();
  for (Connection& connection : connections_) {
    const int64_t now = NowNs();
    for (int i = 0; i < plan_.depth; ++i) Issue(connection, NextArrival(), now, now);
    if (absl::Status status = Flush(connection); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Generator::SendDue() {
  if (!open_loop()) return absl::OkStatus();
  while (next_ < schedule_.size()) {
    const Arrival& arrival = schedule_[next_];
    const int64_t due_ns = start_ns_ + arrival.due_ns;
    const int64_t now = NowNs();
    if (due_ns > now) break;
    ++next_;
    Connection& connection = connections_[arrival.connection];
    Issue(connection, &arrival, due_ns, now);
    if (connection.waits_to_write) continue;
    if (absl::Status status = Flush(connection); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void Generator::Issue(Connection& connection, const Arrival* arrival, int64_t due_ns, int64_t now) {
  if (unanswered_++ == 0) last_progress_ns_ = now;
  connection.unanswered.push_back({arrival, due_ns, now});
  connection.unsent.push_back(arrival);
}

absl::Status Generator::Flush(Connection& connection) {
  std::string& outgoing = connection.outgoing;
  while (true) {
    while (!connection.unsent.empty() && outgoing.size() < kSendBytes) {
      text_.Append(*connection.unsent.front(), &outgoing);
      connection.unsent.pop_front();
    }
    if (outgoing.empty()) break;
    const ssize_t sent =
        send(connection.fd.get(), outgoing.data() + connection.outgoing_sent,
             outgoing.size() - connection.outgoing_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return absl::ErrnoToStatus(errno, "send");
    connection.outgoing_sent += static_cast<size_t>(sent);
    if (connection.outgoing_sent < outgoing.size()) continue;
    outgoing.clear();
    connection.outgoing_sent = 0;
  }
  const bool must_wait = !outgoing.empty();
  if (must_wait == connection.waits_to_write) return absl::OkStatus();
  connection.waits_to_write = must_wait;
  return Watch(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(),
               must_wait ? EPOLLIN | EPOLLOUT : EPOLLIN,
               static_cast<size_t>(&connection - connections_.data()));
}

absl::Status Generator::Wait() {
  const int64_t before = NowNs();
  int64_t wait_ns = kMaxWaitNs;
  if (open_loop() && next_ < schedule_.size()) {
    const int64_t due_ns = start_ns_ + schedule_[next_].due_ns;
    wait_ns = std::clamp<int64_t>(due_ns - wake_up_ns_ - before, 0, kMaxWaitNs);
  }
  const timespec timeout{wait_ns / kNsPerSecond, wait_ns % kNsPerSecond};
  std::array<epoll_event, kMaxEvents> events;
  const int count = epoll_pwait2(epoll_.get(), events.data(), kMaxEvents, &timeout, nullptr);
  if (count < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "epoll_pwait2");
  if (count == 0 && wait_ns > 0) {
    const int64_t overrun = std::min(NowNs() - before - wait_ns, kMaxWakeUpNs);
    wake_up_ns_ += (overrun - wake_up_ns_) / kWakeUpWeight;
  }
  for (int i = 0; i < count; ++i) {
    Connection& connection = connections_[events[i].data.u64];
    absl::Status status;
    if (events[i].events & EPOLLOUT) status = Flush(connection);
    if (status.ok() && (events[i].events & ~EPOLLOUT)) status = ReadFrom(connection);
    // Many replies at once must not make the next request late.
    if (status.ok() && i + 1 < count) status = SendDue();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Generator::ReadFrom(Connection& connection) {
  const ssize_t received = recv(connection.fd.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return absl::OkStatus();
  if (received < 0) return absl::ErrnoToStatus(errno, "recv");
  if (received == 0) {
    return absl::UnavailableError(
        absl::StrFormat("the server closed a connection with %d requests unanswered",
                        connection.unanswered.size()));
  }
  const int64_t now = NowNs();
  last_progress_ns_ = now;
  absl::Status status = connection.scanner.Feed(
      {buffer_.data(), static_cast<size_t>(received)},
      [&](const Reply& reply) { return TakeReply(connection, reply, now); });
  // In a closed loop replies have made requests.
  if (status.ok() && !connection.unsent.empty() && !connection.waits_to_write) {
    status = Flush(connection);
  }
  return status;
}

absl::Status Generator::TakeReply(Connection& connection, const Reply& reply, int64_t now) {
  if (connection.unanswered.empty()) return absl::InternalError("a reply to nothing");
  const Pending pending = connection.unanswered.front();
  if (absl::Status status = text_.Check(*pending.arrival, reply); !status.ok()) return status;
  connection.unanswered.pop_front();
  --unanswered_;
  answered_.store(answered_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (open_loop() || now < EndNs()) {
    result_.Record(start_ns_ + plan_.warmup_ns, pending.due_ns, pending.sent_ns, now);
  }
  if (plan_.keep_times) {
    result_.times.push_back({.connection = pending.arrival->connection,
                             .due_ns = pending.due_ns,
                             .sent_ns = pending.sent_ns,
                             .done_ns = now});
  }
  if (!open_loop() && now < EndNs()) Issue(connection, NextArrival(), now, now);
  return absl::OkStatus();
}

absl::Status Generator::CheckProgress(int64_t now) const {
  if (unanswered_ == 0) return absl::OkStatus();
  const bool silent = now - last_progress_ns_ > kStallNs;
  if (!silent && now - EndNs() <= kStallNs) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrFormat("%d requests sent had no answer %s", unanswered_,
                      silent ? absl::StrCat("and nothing came for ", kSocketTimeoutSeconds, " s")
                             : absl::StrCat(kSocketTimeoutSeconds, " s after the end")));
}

}  // namespace overtake::bench
