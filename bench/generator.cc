#include "bench/generator.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/clock.h"
#include "dispatch/thread_slice.h"

namespace overtake::bench {
namespace {

constexpr absl::string_view kGet = "get";
constexpr absl::string_view kLineEnd = "\r\n";
constexpr size_t kReceiveBytes = 64 * 1024;
constexpr int kMaxEvents = 64;
constexpr int64_t kStallNs = kSocketTimeoutSeconds * kNsPerSecond;
constexpr int64_t kMaxWaitNs = 100 * kNsPerMs;  // between looks at `stop` and at the stall clock
constexpr double kLateShare = 1.0 / 3;
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

bool ClassResult::GeneratorLate() const {
  return static_cast<double>(lag.ValueAtQuantile(0.99)) >
         kLateShare * static_cast<double>(latency.ValueAtQuantile(0.99));
}

Generator::Generator(const LoadClass& load, const KeyRing& ring, int64_t warmup_ns)
    : ring_(ring), warmup_ns_(warmup_ns), buffer_(kReceiveBytes) {
  result_.load = load;
}

absl::StatusOr<std::unique_ptr<Generator>> Generator::Create(const Endpoint& endpoint,
                                                             const LoadClass& load,
                                                             const KeyRing& ring, int64_t warmup_ns,
                                                             int64_t duration_ns, uint64_t seed) {
  std::unique_ptr<Generator> generator(new Generator(load, ring, warmup_ns));
  generator->schedule_ = MakeSchedule(load, warmup_ns + duration_ns, seed);
  generator->epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (generator->epoll_.get() < 0) return absl::ErrnoToStatus(errno, "epoll_create1");
  for (int i = 0; i < load.connections; ++i) {
    absl::StatusOr<UniqueFd> fd = Connect(endpoint);
    if (!fd.ok()) return fd.status();
    absl::Status status = SetNonBlocking(fd->get());
    if (status.ok()) {
      status = Watch(generator->epoll_.get(), EPOLL_CTL_ADD, fd->get(), EPOLLIN, i);
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
  while (next_ < schedule_.size() || unanswered_ > 0) {
    if (stop.load(std::memory_order_relaxed)) return absl::CancelledError("stopped");
    if (absl::Status status = SendDue(); !status.ok()) return status;
    if (absl::Status status = CheckProgress(NowNs()); !status.ok()) return status;
    if (absl::Status status = Wait(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Generator::SendDue() {
  while (next_ < schedule_.size()) {
    const Arrival& arrival = schedule_[next_];
    const int64_t due_ns = start_ns_ + arrival.due_ns;
    const int64_t now = NowNs();
    if (due_ns > now) break;
    if (Measured(due_ns)) result_.lag.Record(static_cast<uint64_t>(now - due_ns));
    if (unanswered_++ == 0) last_progress_ns_ = now;
    ++next_;
    Connection& connection = connections_[arrival.connection];
    connection.unanswered_due_ns.push_back(due_ns);
    connection.unsent_first_key.push_back(arrival.first_key);
    if (connection.waits_to_write) continue;
    if (absl::Status status = Flush(connection); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Generator::Flush(Connection& connection) {
  std::array<iovec, 3> pieces;
  while (!connection.unsent_first_key.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen =
        Pieces(connection.unsent_first_key.front(), connection.front_sent, &pieces);
    if (message.msg_iovlen == 0) {
      connection.unsent_first_key.pop_front();
      connection.front_sent = 0;
      continue;
    }
    const ssize_t sent = sendmsg(connection.fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return absl::ErrnoToStatus(errno, "send");
    connection.front_sent += static_cast<size_t>(sent);
  }
  const bool must_wait = !connection.unsent_first_key.empty();
  if (must_wait == connection.waits_to_write) return absl::OkStatus();
  connection.waits_to_write = must_wait;
  return Watch(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(),
               must_wait ? EPOLLIN | EPOLLOUT : EPOLLIN,
               static_cast<size_t>(&connection - connections_.data()));
}

size_t Generator::Pieces(uint32_t first_key, size_t skip, std::array<iovec, 3>* pieces) const {
  const size_t keys = static_cast<size_t>(result_.load.keys_per_request);
  size_t count = 0;
  for (absl::string_view part : {kGet, ring_.Keys(first_key, keys), kLineEnd}) {
    const size_t skipped = std::min(skip, part.size());
    skip -= skipped;
    part.remove_prefix(skipped);
    if (!part.empty()) (*pieces)[count++] = {const_cast<char*>(part.data()), part.size()};
  }
  return count;
}

absl::Status Generator::Wait() {
  const int64_t before = NowNs();
  int64_t wait_ns = kMaxWaitNs;
  if (next_ < schedule_.size()) {
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
                        connection.unanswered_due_ns.size()));
  }
  const int64_t now = NowNs();
  last_progress_ns_ = now;
  return connection.scanner.Feed({buffer_.data(), static_cast<size_t>(received)},
                                 [&](const Reply& reply) -> absl::Status {
                                   if (absl::Status status = CheckReply(reply); !status.ok())
                                     return status;
                                   if (connection.unanswered_due_ns.empty()) {
                                     return absl::InternalError("a reply to nothing");
                                   }
                                   const int64_t due_ns = connection.unanswered_due_ns.front();
                                   connection.unanswered_due_ns.pop_front();
                                   --unanswered_;
                                   if (Measured(due_ns))
                                     result_.latency.Record(static_cast<uint64_t>(now - due_ns));
                                   return absl::OkStatus();
                                 });
}

absl::Status Generator::CheckReply(const Reply& reply) const {
  const uint64_t keys = static_cast<uint64_t>(result_.load.keys_per_request);
  const uint64_t value_size = static_cast<uint64_t>(result_.load.value_size);
  if (reply.kind != Reply::Kind::kValues) {
    return absl::InternalError(absl::StrCat("get was answered with: ", reply.line));
  }
  if (reply.values == keys && reply.value_bytes == keys * value_size) return absl::OkStatus();
  return absl::InternalError(
      absl::StrFormat("a reply of %d values and %d bytes where %d of %d bytes each were asked for",
                      reply.values, reply.value_bytes, keys, value_size));
}

absl::Status Generator::CheckProgress(int64_t now) const {
  if (unanswered_ == 0) return absl::OkStatus();
  const bool silent = now - last_progress_ns_ > kStallNs;
  const int64_t end_ns = schedule_.empty() ? now : start_ns_ + schedule_.back().due_ns;
  if (!silent && now - end_ns <= kStallNs) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrFormat("%d of %d requests sent had no answer %s", unanswered_, next_,
                      silent ? absl::StrCat("and nothing came for ", kSocketTimeoutSeconds, " s")
                             : absl::StrCat(kSocketTimeoutSeconds, " s after the last was due")));
}

}  // namespace overtake::bench
