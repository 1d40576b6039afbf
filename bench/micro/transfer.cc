// What the pieces of a request's way cost that are system calls, and a multiget's keys: the figures
// that `overtake-bench simulate --costs` is told. Sockets are TCP connections over loopback.

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "protocol/parser.h"
#include "protocol/reply.h"
#include "server/clock.h"
#include "server/commands/command_table.h"
#include "server/commands/set_command.h"
#include "server/service.h"
#include "server/settings.h"
#include "server/storage/store.h"
#include "server/watch/event_log.h"

namespace overtake {
namespace {

constexpr size_t kMaxItemBytes = 1 << 20;

// Two ends of a connection.
class Pair {
 public:
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    ends_[0] = socket(AF_INET, SOCK_STREAM, 0);
    ok_ = bind(listener, any, size) == 0 && listen(listener, 1) == 0 &&
          getsockname(listener, any, &size) == 0 && connect(ends_[0], any, size) == 0;
    ends_[1] = ok_ ? accept(listener, nullptr, nullptr) : -1;
    ok_ = ok_ && ends_[1] >= 0;
    const int on = 1;
    for (const int end : ends_) setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    close(listener);
  }
  ~Pair() {
    for (const int end : ends_) close(end);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  bool ok() const { return ok_; }
  int server() const { return ends_[1]; }
  int client() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool ok_ = false;
};

bool Drain(int fd, std::vector<char>* buffer, size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = recv(fd, buffer->data(), std::min(bytes, buffer->size()), 0);
    if (got <= 0) return false;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

enum class Timed { kSend, kReceive };

// Of this thread's own processor time, which other processes do not add to.
double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// One end sends `state.range(0)` bytes, then the other receives them; one of the two is timed. In
// one thread, so that neither waits for the other to be woken.
void Transfer(benchmark::State& state, Timed timed) {
  const Pair pair;
  const std::string bytes(static_cast<size_t>(state.range(0)), 'v');
  std::vector<char> buffer(256 * 1024);
  for (auto _ : state) {
    const double start = CpuSeconds();
    bool ok = pair.ok() && send(pair.server(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                               static_cast<ssize_t>(bytes.size());
    const double sent = CpuSeconds();
    ok = ok && Drain(pair.client(), &buffer, bytes.size());
    const double received = CpuSeconds();
    if (!ok) {
      state.SkipWithError("the connection broke");
      break;
    }
    state.SetIterationTime(timed == Timed::kSend ? sent - start : received - sent);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void BM_Send(benchmark::State& state) { Transfer(state, Timed::kSend); }
BENCHMARK(BM_Send)->Arg(128)->Arg(64 * 1024)->UseManualTime();

void BM_Receive(benchmark::State& state) { Transfer(state, Timed::kReceive); }
BENCHMARK(BM_Receive)->Arg(128)->Arg(64 * 1024)->UseManualTime();

// A get of `state.range(0)` keys with values of 100 bytes, parsed and executed into a reply.
void BM_ExecuteGet(benchmark::State& state) {
  constexpr int kKeys = 8'000;
  const int keys = static_cast<int>(state.range(0));
  const auto store = MakeStore({.memory_bytes = 64 << 20});
  Clock clock;
  const Settings settings;
  EventLog log(settings.watcher_buffer_bytes);
  Service service(&settings, &clock, store.get(), &log);
  const std::string value(100, 'v');
  for (int i = 0; i < kKeys; ++i) {
    SetItem(store.get(), absl::StrFormat("k%07d", i), {.value = value}, clock.Now());
  }
  std::string line = "get";
  // A stride that is coprime to kKeys: neighbours in the request are none in memory.
  for (int i = 0; i < keys; ++i) absl::StrAppendFormat(&line, " k%07d", i * 3'001 % kKeys);
  line += "\r\n";
  RequestParser parser(&kCommandTable, kMaxItemBytes);
  Reply reply;
  Request request;
  for (auto _ : state) {
    size_t consumed = 0;
    if (parser.Next(line, &request, &consumed) != RequestParser::Result::kRequest) {
      state.SkipWithError("the request was not parsed");
      break;
    }
    Continuation continuation;
    while (service.Execute({}, request, &continuation, &reply) == RequestHandler::Outcome::kMore) {
      reply.Clear();
    }
    reply.Clear();
  }
  state.SetItemsProcessed(state.iterations() * keys);
}
BENCHMARK(BM_ExecuteGet)->Arg(1)->Arg(4'000);

}  // namespace
}  // namespace overtake
