#include "dispatch/roles/worker_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mpsc_list.h"
#include "dispatch/event_loop.h"
#include "dispatch/roles/reader.h"
#include "dispatch/short_timer.h"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

// Answers each request with its key; a key that ends in "slow" waits until it is let go (but not
// the first "second-slow"), one that begins with "h" is heavy, and "parts" is answered in kParts
// parts.
class EchoHandler final : public RequestHandler {
 public:
  const CommandTable& commands() const override { return kCommandTable; }
  Outcome Execute(ExecutionContext context, const Request& request, Continuation* /*continuation*/,
                  Reply* reply) override {
    executions_[static_cast<size_t>(context.executor.value)].fetch_add(1);
    if (request.key == "parts") {
      reply->Append(std::string(kPartBytes, 'p'));
      return ++parts % kParts == 0 ? Outcome::kDone : Outcome::kMore;
    }
    if (request.key == "second-slow" && seconds.fetch_add(1) == 0) {
      reply->AppendLine(request.key);
      return Outcome::kDone;
    }
    if (request.key.ends_with("slow")) {
      slow_running.fetch_add(1);
      while (!let_go.load()) std::this_thread::yield();
    }
    reply->AppendLine(request.key);
    return Outcome::kDone;
  }
  Weight WeightOf(const Request& request) const override {
    return request.key.starts_with('h') ? Weight::kHeavy : Weight::kLight;
  }

  static constexpr int kParts = 20;
  static constexpr size_t kPartBytes = 30'000;
  int parts = 0;  // the executing thread's; handed over with the job
  int executions(int id) const { return executions_[static_cast<size_t>(id)].load(); }
  std::atomic<bool> let_go{false};
  std::atomic<int> slow_running{0};
  std::atomic<int> seconds{0};

 private:
  std::array<std::atomic<int>, 8> executions_{};
};

// A reader with a pool of workers, and clients of it.
class WorkerPoolTest : public ::testing::Test {
 protected:
  void Begin(int workers, int poll_micros) {
    Begin({.workers = workers, .poll_micros = poll_micros});
  }
  void Begin(const WorkerPool::Setup& setup) {
    pool_ = std::make_unique<WorkerPool>(setup, ExecutorId{1}, &handler_);
    reader_ = std::make_unique<Reader>("rd", "reader", ExecutorId{0}, options_, &handler_, &limits_,
                                       &memory_, pool_.get());
    Reader::Hooks hooks;
    hooks.before_wait = [this] {
      while (held_.load()) std::this_thread::yield();
    };
    reader_->set_hooks(hooks);
    thread_ = std::thread([this] { reader_->Run(); });
  }
  void End() {
    handler_.let_go = true;
    pool_->Stop();
    reader_->Stop();
    thread_.join();
    for (int fd : clients_) close(fd);
    clients_.clear();
  }
  void TearDown() override {
    if (thread_.joinable()) End();
  }
  int Connect() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    EXPECT_EQ(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    EXPECT_TRUE(limits_.Enter());
    reader_->Adopt({.fd = fds[0], .tls = ListenTls::kOff, .peer = {}});
    clients_.push_back(fds[1]);
    return fds[1];
  }
  // Clients that the reader knows, and that all workers sleep behind.
  std::vector<int> ConnectAll(int count) {
    std::vector<int> fds;
    for (int i = 0; i < count; ++i) {
      fds.push_back(Connect());
      Send(fds.back(), "delete k\r\n");
      EXPECT_EQ(Receive(fds.back(), 3), "k\r\n");
    }
    usleep(5'000);
    return fds;
  }
  // Has the reader find all these requests in one round, so that those behind the first one find a
  // worker that is being woken.
  void SendAtOnce(const std::vector<int>& fds, const std::vector<std::string>& requests) {
    held_ = true;
    reader_->loop().Wake();
    for (size_t i = 0; i < fds.size(); ++i) Send(fds[i], requests[i]);
    held_ = false;
  }
  static void Send(int fd, std::string_view bytes) {
    ASSERT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  static std::string Receive(int fd, size_t bytes) {
    std::string all;
    while (all.size() < bytes) {
      char buffer[4096];
      const ssize_t got = read(fd, buffer, sizeof(buffer));
      if (got <= 0) break;
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }

  const DispatchOptions options_{};
  EchoHandler handler_;
  ConnectionLimits limits_{100};
  ConnectionMemory memory_{options_};
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<Reader> reader_;
  std::thread thread_;
  std::vector<int> clients_;
  std::atomic<bool> held_{false};  // the reader, before its next wait
};

// Waits for it, for as long as only a thread that hangs would take.
bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    usleep(1'000);
  }
  return false;
}

// Readers ask for short turns of the processor by this.
TEST_F(WorkerPoolTest, OnlyHeavyJobsKeepItBusy) {
  Begin({.kind = WorkerPool::Kind::kHeavy, .workers = 1});
  const int fd = Connect();
  Send(fd, "delete light\r\n");
  EXPECT_EQ(Receive(fd, 7), "light\r\n");
  EXPECT_FALSE(pool_->busy_lately());
  Send(fd, "delete heavy\r\n");
  EXPECT_EQ(Receive(fd, 7), "heavy\r\n");
  EXPECT_TRUE(pool_->busy_lately());
}

TEST_F(WorkerPoolTest, AShortRequestPassesALongOne) {
  Begin(2, 0);
  const int slow = Connect();
  const int fast = Connect();
  Send(slow, "delete slow\r\n");
  while (handler_.slow_running == 0) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) {
    Send(fast, "delete fast\r\n");
    EXPECT_EQ(Receive(fast, 6), "fast\r\n");
  }
  handler_.let_go = true;
  EXPECT_EQ(Receive(slow, 6), "slow\r\n");
}

// Each turn goes from one hand of a worker to the other one, or to the same.
TEST_F(WorkerPoolTest, LightAndHeavyTakeTurns) {
  for (const int workers : {1, 2, 4}) {
    Begin(workers, 20);
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c) {
      const int fd = Connect();
      clients.emplace_back([fd, c] {
        for (int i = 0; i < 500; ++i) {
          const bool heavy = i % (c + 2) == 0;
          Send(fd, heavy ? "delete h\r\ndelete h\r\n" : "delete a\r\ndelete b\r\n");
          EXPECT_EQ(Receive(fd, 6), heavy ? "h\r\nh\r\n" : "a\r\nb\r\n");
        }
      });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(pool_->queue_depth(), 0U);
    End();
  }
}

// What queues behind a worker that is being woken does not stay there when that one takes long.
TEST_F(WorkerPoolTest, NobodyWaitsWhileAWorkerIsIdle) {
  constexpr int kWorkers = 4;
  Begin(kWorkers, 0);
  const std::vector<int> fds = ConnectAll(kWorkers);
  for (int round = 0; round < 20; ++round) {
    handler_.let_go = false;
    handler_.slow_running = 0;
    SendAtOnce(fds, std::vector<std::string>(kWorkers, "delete slow\r\n"));
    EXPECT_TRUE(Eventually([&] { return handler_.slow_running == kWorkers; }))
        << handler_.slow_running << " of " << kWorkers << " workers have something to do";
    handler_.let_go = true;
    for (int fd : fds) EXPECT_EQ(Receive(fd, 6), "slow\r\n");
  }
}

TEST_F(WorkerPoolTest, NoReplyWaitsForTheNextRequest) {
  Begin(1, 0);
  const std::vector<int> fds = ConnectAll(2);
  for (int round = 0; round < 20; ++round) {
    handler_.let_go = false;
    handler_.slow_running = 0;
    handler_.seconds = 0;
    SendAtOnce(fds, {"delete second-slow\r\n", "delete second-slow\r\n"});
    EXPECT_TRUE(Eventually([&] { return handler_.slow_running == 1; }));
    std::array<pollfd, 2> both = {{{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}}};
    EXPECT_EQ(poll(both.data(), both.size(), 10'000), 1) << "the first one's reply was kept back";
    handler_.let_go = true;
    for (int fd : fds) EXPECT_EQ(Receive(fd, 13), "second-slow\r\n");
  }
}

TEST(ShortTimer, GoesOffOnceEachTimeItIsSet) {
  EventLoop loop;
  int times = 0;
  ShortTimer timer(&loop, [&] { ++times; });
  for (int round = 1; round <= 3; ++round) {
    timer.Set(100);
    timer.Set(100);
    while (times < round) loop.Wait(/*block=*/true);
    usleep(1'000);
    loop.Wait(/*block=*/false);
    EXPECT_EQ(times, round);
  }
}

TEST_F(WorkerPoolTest, WithoutAnIdleWorkerRequestsQueueInOrder) {
  Begin(1, 0);
  const int slow = Connect();
  Send(slow, "delete slow\r\n");
  while (handler_.slow_running == 0) std::this_thread::yield();
  std::vector<int> waiting;
  for (size_t i = 0; i < 5; ++i) {
    waiting.push_back(Connect());
    Send(waiting.back(), "delete w\r\n");
    while (pool_->queue_depth() < i + 1) std::this_thread::yield();
  }
  handler_.let_go = true;
  for (int fd : waiting) EXPECT_EQ(Receive(fd, 3), "w\r\n");
  EXPECT_EQ(pool_->queue_depth(), 0U);
}

TEST_F(WorkerPoolTest, TheWorkerIdleLastIsChosen) {
  Begin(4, 0);
  const int client = Connect();
  for (int i = 0; i < 200; ++i) {
    Send(client, "delete k\r\n");
    EXPECT_EQ(Receive(client, 3), "k\r\n");
    // It lists itself as idle after it has given back the job.
    usleep(2000);
  }
  int busiest = 0;
  for (int id = 1; id <= 4; ++id) busiest = std::max(busiest, handler_.executions(id));
  EXPECT_GE(busiest, 150);
}

TEST_F(WorkerPoolTest, RepliesKeepTheOrderOfRequests) {
  for (const int poll_micros : {0, 50}) {
    Begin(4, poll_micros);
    std::vector<std::thread> threads;
    for (int c = 0; c < 4; ++c) {
      threads.emplace_back([fd = Connect()] {
        std::string sent;
        std::string expected;
        for (int i = 0; i < 2000; ++i) {
          sent += "delete " + std::to_string(i) + "\r\n";
          expected += std::to_string(i) + "\r\n";
        }
        std::thread writer([&] { Send(fd, sent); });
        EXPECT_EQ(Receive(fd, expected.size()), expected);
        writer.join();
      });
    }
    for (auto& thread : threads) thread.join();
    if (poll_micros == 0) {
      TearDown();
      clients_.clear();
    }
  }
}

TEST_F(WorkerPoolTest, HeavyOnlyPoolLeavesLightRequestsToTheReader) {
  Begin({.kind = WorkerPool::Kind::kHeavy, .workers = 1});
  const int client = Connect();
  Send(client, "delete a\r\ndelete hslow\r\ndelete b\r\n");
  // Not held up by what stands behind it, and that neither by what goes before.
  EXPECT_EQ(Receive(client, 3), "a\r\n");
  while (handler_.slow_running == 0) std::this_thread::yield();
  const int other = Connect();
  Send(other, "delete c\r\n");
  EXPECT_EQ(Receive(other, 3), "c\r\n");
  EXPECT_EQ(handler_.executions(1), 1);
  handler_.let_go = true;
  EXPECT_EQ(Receive(client, 10), "hslow\r\nb\r\n");
  EXPECT_EQ(handler_.executions(0), 3);
  EXPECT_EQ(handler_.executions(1), 1);
}

TEST_F(WorkerPoolTest, WhatTurnsOutHeavyGoesOnInThePool) {
  Begin({.kind = WorkerPool::Kind::kHeavy, .workers = 1});
  const int client = Connect();
  Send(client, "delete parts\r\ndelete z\r\n");
  const size_t bytes = EchoHandler::kParts * EchoHandler::kPartBytes;
  EXPECT_EQ(Receive(client, bytes + 3), std::string(bytes, 'p') + "z\r\n");
  EXPECT_GE(handler_.executions(1), EchoHandler::kParts / 2);
  EXPECT_EQ(handler_.executions(0) + handler_.executions(1), EchoHandler::kParts + 1);
}

TEST_F(WorkerPoolTest, ReservedWorkersAreLeftToLightRequests) {
  Begin({.policy = Policy::kReserve, .workers = 2});
  const int slow = Connect();
  const int waiting = Connect();
  const int fast = Connect();
  Send(slow, "delete hslow\r\n");
  while (handler_.slow_running == 0) std::this_thread::yield();
  Send(waiting, "delete h\r\n");
  while (pool_->queue_depth() == 0) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) {
    Send(fast, "delete l\r\n");
    EXPECT_EQ(Receive(fast, 3), "l\r\n");
  }
  EXPECT_EQ(pool_->queue_depth(), 1U);
  handler_.let_go = true;
  EXPECT_EQ(Receive(waiting, 3), "h\r\n");
}

TEST_F(WorkerPoolTest, BySizeNobodyHasBothKinds) {
  Begin({.policy = Policy::kSize, .workers = 2});
  const int heavy = Connect();
  const int light = Connect();
  for (int i = 0; i < 50; ++i) {
    Send(heavy, "delete h\r\n");
    Send(light, "delete l\r\n");
    EXPECT_EQ(Receive(light, 3), "l\r\n");
    EXPECT_EQ(Receive(heavy, 3), "h\r\n");
  }
  EXPECT_EQ(handler_.executions(1), 50);
  EXPECT_EQ(handler_.executions(2), 50);
}

TEST(MpscList, HandsOverEverythingOnceInOrder) {
  struct Node {
    int producer;
    int number;
    Node* mpsc_next = nullptr;
  };
  constexpr int kProducers = 3;
  constexpr int kEach = 20'000;
  MpscList<Node> list;
  EventLoop loop;
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        list.Push(new Node{p, i});
        loop.Wake();
      }
    });
  }
  std::array<int, kProducers> next{};
  int seen = 0;
  while (seen < kProducers * kEach) {
    loop.Wait(/*block=*/true);  // hangs here if a wake-up is ever lost
    for (Node* node = list.TakeAll(); node != nullptr;) {
      EXPECT_EQ(node->number, next[static_cast<size_t>(node->producer)]++);
      Node* const following = node->mpsc_next;
      delete node;
      node = following;
      ++seen;
    }
  }
  for (auto& producer : producers) producer.join();
}

}  // namespace
}  // namespace overtake
