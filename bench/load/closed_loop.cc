#include "bench/load/closed_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <random>

#include "absl/strings/str_cat.h"
#include "bench/channel.h"
#include "bench/load/reply_scanner.h"

namespace overtake::bench {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr int kMaxEvents = 64;
constexpr int kWaitMs = 100;  // between looks at stop_

}  // namespace

struct ClosedLoop::Connection {
  explicit Connection(Channel opened) : channel(std::move(opened)) {}

  Channel channel;
  ReplyScanner scanner;
  uint64_t sent = 0;
  uint64_t answered = 0;
};

struct ClosedLoop::Client {
  UniqueFd epoll;
  std::vector<std::unique_ptr<Connection>> connections;
  std::mt19937_64 random;
  std::string batch;
  std::vector<char> buffer = std::vector<char>(kBufferBytes);
  std::atomic<uint64_t> replies{0};  // written by the thread, read by any
  absl::Status status;               // the thread's until it is joined
  std::thread thread;
};

ClosedLoop::ClosedLoop(const ClosedLoopOptions& options)
    : options_(options), ring_(options.keys, options.seed) {
  const std::string value(ring_.max_value_bytes(), 'v');
  for (int i = 0; i < options.keys.key_count; ++i) {
    const absl::string_view key = ring_.Key(static_cast<size_t>(i));
    gets_.push_back(absl::StrCat("get ", key, "\r\n"));
    sets_.push_back(absl::StrCat("set ", key, " 0 0 ", value.size(), "\r\n", value, "\r\n"));
  }
}

absl::StatusOr<std::unique_ptr<ClosedLoop>> ClosedLoop::Start(const ClosedLoopOptions& options) {
  std::unique_ptr<ClosedLoop> loop(new ClosedLoop(options));
  for (int i = 0; i < options.threads; ++i) {
    loop->clients_.push_back(std::make_unique<Client>());
    loop->clients_.back()->epoll = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
    loop->clients_.back()->random.seed(options.seed + static_cast<uint64_t>(i));
  }
  for (int i = 0; i < options.connections; ++i) {
    // One thread's follow each other. Servers deal connections out in turn: dealt out in turn here
    // as well, each thread would talk to one of theirs only, which costs a server less than when
    // any thread may wake any other, and would favour those that deal over those that do not.
    Client& client =
        *loop->clients_[static_cast<size_t>(i * options.threads / options.connections)];
    absl::StatusOr<Channel> channel = Channel::Open(options.endpoint);
    if (!channel.ok()) return channel.status();
    client.connections.push_back(std::make_unique<Connection>(*std::move(channel)));
    Connection* const connection = client.connections.back().get();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection;
    if (epoll_ctl(client.epoll.get(), EPOLL_CTL_ADD, connection->channel.fd(), &event) != 0) {
      return absl::ErrnoToStatus(errno, "epoll_ctl");
    }
  }
  for (const auto& client : loop->clients_) {
    client->thread = std::thread([loop = loop.get(), client = client.get()] {
      client->status = loop->Run(*client);
      if (!client->status.ok()) loop->failed_.store(true);
    });
  }
  return loop;
}

ClosedLoop::~ClosedLoop() { Stop().IgnoreError(); }

uint64_t ClosedLoop::replies() const {
  uint64_t sum = 0;
  for (const auto& client : clients_) sum += client->replies.load(std::memory_order_relaxed);
  return sum;
}

absl::Status ClosedLoop::Stop() {
  stop_.store(true);
  absl::Status first;
  for (const auto& client : clients_) {
    if (client->thread.joinable()) client->thread.join();
    first.Update(client->status);
  }
  return first;
}

absl::Status ClosedLoop::Run(Client& client) {
  for (const auto& connection : client.connections) {
    if (absl::Status status = SendBatch(client, *connection); !status.ok()) return status;
  }
  std::array<epoll_event, kMaxEvents> events;
  int silent_ms = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    const int count = epoll_wait(client.epoll.get(), events.data(), kMaxEvents, kWaitMs);
    if (count < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "epoll_wait");
    silent_ms = count == 0 ? silent_ms + kWaitMs : 0;
    if (silent_ms > kSocketTimeoutSeconds * 1000 && !client.connections.empty()) {
      return absl::DeadlineExceededError(
          absl::StrCat("no reply for ", kSocketTimeoutSeconds, " s"));
    }
    for (int i = 0; i < count; ++i) {
      auto* const connection = static_cast<Connection*>(events[i].data.ptr);
      do {
        if (absl::Status status = ReadFrom(client, *connection); !status.ok()) return status;
      } while (connection->channel.pending());
    }
  }
  return absl::OkStatus();
}

absl::Status ClosedLoop::SendBatch(Client& client, Connection& connection) {
  client.batch.clear();
  for (int i = 0; i < options_.depth; ++i, ++connection.sent) {
    const bool set = connection.sent % static_cast<uint64_t>(options_.gets_per_set + 1) == 0;
    const size_t key = client.random() % gets_.size();
    client.batch.append(set ? sets_[key] : gets_[key]);
  }
  return connection.channel.SendAll(client.batch);
}

absl::Status ClosedLoop::ReadFrom(Client& client, Connection& connection) {
  const absl::StatusOr<size_t> received =
      connection.channel.Receive(client.buffer.data(), client.buffer.size());
  if (!received.ok()) return received.status();
  const uint64_t before = connection.answered;
  absl::Status status = connection.scanner.Feed(
      {client.buffer.data(), *received}, [&](const Reply& reply) -> absl::Status {
        const bool set =
            connection.answered++ % static_cast<uint64_t>(options_.gets_per_set + 1) == 0;
        const bool right = set ? reply.kind == Reply::Kind::kStored
                               : reply.kind == Reply::Kind::kValues && reply.values == 1 &&
                                     reply.value_bytes == ring_.max_value_bytes();
        if (right && connection.answered <= connection.sent) return absl::OkStatus();
        return absl::InternalError(absl::StrCat(
            "wrong reply to a ", set ? "set: " : "get: ", reply.values, " values ", reply.line));
      });
  if (!status.ok()) return status;
  client.replies.fetch_add(connection.answered - before, std::memory_order_relaxed);
  if (connection.answered < connection.sent) return absl::OkStatus();
  return SendBatch(client, connection);
}

}  // namespace overtake::bench
