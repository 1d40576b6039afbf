// Everything at once: all commands, connections that come and go, a cache that is too small.

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/reply.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

constexpr int kSteps = kSanitized ? 1000 : 2000;
constexpr int kClients = 8;

// A client with keys of its own, whose replies it can foretell, and keys it shares with all others,
// of which it only knows what form the replies must have.
class Client {
 public:
  Client(int number, int port, bool may_evict)
      : random_(static_cast<unsigned>(number)),
        own_("own" + std::to_string(number)),
        port_(port),
        may_evict_(may_evict),
        socket_(port) {}

  void Run() {
    for (int i = 0; i < kSteps && !::testing::Test::HasFatalFailure(); i++) {
      if (random_() % 100 == 0) socket_ = RawSocket(port_);
      switch (random_() % 10) {
        case 0:
        case 1:
          StoreOwn();
          break;
        case 2:
        case 3:
          FetchOwn();
          break;
        case 4:
          FetchMany();
          break;
        case 5:
          HangUpInTheMiddle();
          break;
        default:
          TouchShared();
      }
    }
  }

 private:
  void StoreOwn() {
    value_ = SelfDescribing(random_(), 40 + random_() % (random_() % 30 == 0 ? 100'000 : 500));
    ASSERT_EQ(socket_.Ask(SetRequest(own_, value_)), "STORED\r\n");
  }

  void FetchOwn() {
    const std::vector<Item> items = Get(own_);
    if (may_evict_ && items.empty()) return;
    ASSERT_EQ(items.size(), value_.empty() ? 0U : 1U);
    if (!items.empty()) {
      ASSERT_TRUE(items[0].value == value_);
    }
  }

  void FetchMany() {
    std::string keys = own_;
    for (int i = 0; i < 60; i++) keys += " shared" + std::to_string(i);
    for (const Item& item : Get(keys)) {
      if (item.key.starts_with("shared")) {
        ASSERT_TRUE(IsIntact(item.value)) << item.key;
      } else {
        ASSERT_TRUE(item.value == value_);
      }
    }
  }

  void TouchShared() {
    const std::string key = "shared" + std::to_string(random_() % 60);
    const std::string value = SelfDescribing(random_(), 40 + random_() % 2000);
    const std::string data = " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
    switch (random_() % 7) {
      case 0:
        ExpectOneOf("set " + key + data, {"STORED"});
        break;
      case 1:
        ExpectOneOf("add " + key + data, {"STORED", "NOT_STORED"});
        break;
      case 2:
        ExpectOneOf("replace " + key + data, {"STORED", "NOT_STORED"});
        break;
      case 3:
        ExpectOneOf("delete " + key + "\r\n", {"DELETED", "NOT_FOUND"});
        break;
      case 4:
        ExpectOneOf("touch " + key + " 100\r\n", {"TOUCHED", "NOT_FOUND"});
        break;
      case 5:
        ExpectOneOf("incr " + key + " 1\r\n",
                    {"NOT_FOUND", "CLIENT_ERROR cannot increment or decrement non-numeric value"});
        break;
      default:
        ExpectOneOf("cas " + key + " 0 0 1 1\r\nx\r\n", {"EXISTS", "NOT_FOUND"});
    }
  }

  // Leaves a connection in a line, in a value, or with replies under way.
  void HangUpInTheMiddle() {
    RawSocket socket(port_);
    const char* beginnings[] = {"get shared1", "set shared1 0 0 1000\r\nabc",
                                "get shared1 shared2 shared3\r\nget shared1\r\nget shared2\r\n"};
    socket.Send(beginnings[random_() % 3]);
    if (random_() % 2 == 0) socket.Reset();
  }

  std::vector<Item> Get(const std::string& keys) {
    const auto items = AskForItems(&socket_, "get " + keys + "\r\n");
    EXPECT_TRUE(items.has_value()) << "get " << keys;
    return items.value_or(std::vector<Item>());
  }

  void ExpectOneOf(const std::string& request, const std::vector<std::string>& replies) {
    const std::string reply = socket_.Ask(request);
    for (const std::string& expected : replies) {
      if (reply == expected + "\r\n") return;
    }
    ADD_FAILURE() << request.substr(0, 60) << ": " << reply;
  }

  std::mt19937 random_;
  const std::string own_;
  const int port_;
  const bool may_evict_;
  RawSocket socket_;
  std::string value_;  // of own_
};

class MixedTest : public ServerTest {
 protected:
  void Run(bool may_evict) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; i++) {
      threads.emplace_back([=, this] { Client(i, server_.port(), may_evict).Run(); });
    }
    for (std::thread& thread : threads) thread.join();
  }
};

TEST_P(MixedTest, AllCommands) {
  ServerOptions options;
  options.threads = 4;
  options.workers = 3;
  StartServer(options);
  Run(/*may_evict=*/false);
}

// The cache holds a fraction of what is written: no command may fail for that.
TEST_P(MixedTest, WhileItemsAreEvicted) {
  ServerOptions options;
  options.memory_mb = 8;
  options.workers = 3;
  if (TestingMemcached()) GTEST_SKIP() << "memcached runs out of memory here (slab calcification)";
  StartServer(options);
  std::thread filler([this] {
    RawSocket socket = Connect();
    for (int i = 0; i < kSteps; i++) {
      ASSERT_EQ(socket.Ask(SetRequest("fill" + std::to_string(i), Pattern(i, 30'000))),
                "STORED\r\n");
    }
  });
  Run(/*may_evict=*/true);
  filler.join();
  EXPECT_NE(Stat("evictions"), "0");
}

// Flushes, statistics and dispatch figures are asked for while others work.
TEST_P(MixedTest, StatisticsUnderLoad) {
  ServerOptions options;
  options.workers = 3;
  StartServer(options);
  std::thread asker([this] {
    RawSocket socket = Connect();
    for (int i = 0; i < kSteps / 10; i++) {
      for (const char* group : {"", " settings", " dispatch"}) {
        if (TestingMemcached() && std::string(group) == " dispatch") continue;
        const std::string reply = socket.Ask(std::string("stats") + group + "\r\n", "END\r\n");
        ASSERT_TRUE(reply.ends_with("END\r\n")) << group << ": " << reply;
      }
      ASSERT_EQ(socket.Ask("flush_all\r\n"), "OK\r\n");
    }
  });
  Run(/*may_evict=*/true);
  asker.join();
}

OVERTAKE_IN_EVERY_MODE(MixedTest);

}  // namespace
}  // namespace overtake::tests
