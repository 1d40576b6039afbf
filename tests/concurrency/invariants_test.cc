// Many clients at once, and afterwards what must hold if every command was atomic.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/reply.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

// Work is cut down where a sanitizer makes it slow: it finds with less.
constexpr int kRounds = kSanitized ? 1000 : 2000;
constexpr int kClients = 8;
constexpr std::chrono::milliseconds kLong = 4 * kGiveUp;

class InvariantsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.threads = 4;
    options.workers = 4;
    options.memory_mb = 512;
    StartServer(options);
  }

  // Runs `client` in kClients threads, each with a connection of its own.
  void InParallel(const std::function<void(int number, RawSocket& socket)>& client) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; i++) {
      threads.emplace_back([&, i] {
        RawSocket socket = Connect();
        client(i, socket);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  // What gets answers for a key that must be there.
  static Item Fetch(RawSocket& socket, const std::string& key) {
    const auto items = AskForItems(&socket, "gets " + key + "\r\n");
    if (items.has_value() && items->size() == 1) return items->front();
    ADD_FAILURE() << "no " << key;
    return {};
  }

  static std::string Cas(RawSocket& socket, const std::string& key, const std::string& value,
                         const std::string& unique) {
    return socket.Ask("cas " + key + " 0 0 " + std::to_string(value.size()) + " " + unique +
                      "\r\n" + value + "\r\n");
  }
};

// All clients count up the same few numbers, one by one, in pipelines, with and without reply, and
// some of what they add they take away again.
TEST_P(InvariantsTest, CountersAreExact) {
  RawSocket setup = Connect();
  for (int k = 0; k < 4; k++) {
    ASSERT_EQ(setup.Ask(SetRequest("n" + std::to_string(k), "100000000")), "STORED\r\n");
  }
  InParallel([&](int number, RawSocket& socket) {
    for (int i = 0; i < kRounds / 10; i++) {
      std::string pipeline;
      for (int j = 0; j < 10; j++) {
        const std::string key = "n" + std::to_string((number + j) % 4);
        pipeline += "incr " + key + " 3" + (j % 3 == 0 ? " noreply" : "") + "\r\n";
        pipeline += "decr " + key + " 1" + (j % 3 == 0 ? " noreply" : "") + "\r\n";
      }
      ASSERT_TRUE(socket.Ask(pipeline + "mn\r\n", "MN\r\n").ends_with("MN\r\n"));
    }
  });
  uint64_t sum = 0;
  for (int k = 0; k < 4; k++) sum += std::stoull(Fetch(setup, "n" + std::to_string(k)).value);
  EXPECT_EQ(sum, 400'000'000U + 2U * kClients * (kRounds / 10) * 10);
}

// Of all clients that ask for a missing, and later for a stale item, one is told to fetch it.
TEST_P(InvariantsTest, OneIsToldToFetch) {
  constexpr int kWinRounds = kRounds / 5;
  RawSocket setup = Connect();
  for (const bool stale : {false, true}) {
    if (stale) {
      for (int r = 0; r < kWinRounds; r++) {
        ASSERT_EQ(setup.Ask("md win" + std::to_string(r) + " I\r\n"), "HD\r\n");
      }
    }
    std::vector<std::atomic<int>> winners(kWinRounds);
    InParallel([&](int /*number*/, RawSocket& socket) {
      for (int r = 0; r < kWinRounds; r++) {
        const std::string reply = socket.Ask("mg win" + std::to_string(r) + " N1000\r\n");
        ASSERT_TRUE(reply.starts_with("HD")) << reply;
        if (reply.ends_with(" W\r\n")) winners[static_cast<size_t>(r)]++;
      }
    });
    for (int r = 0; r < kWinRounds; r++) EXPECT_EQ(winners[static_cast<size_t>(r)], 1) << r;
  }
}

// Whoever comes first makes the counter, all others count it up.
TEST_P(InvariantsTest, CountersAreMadeOnce) {
  constexpr int kCounters = kRounds / 5;
  InParallel([&](int /*number*/, RawSocket& socket) {
    for (int r = 0; r < kCounters; r++) {
      const std::string reply = socket.Ask("ma n" + std::to_string(r) + " N0 J1 D1\r\n");
      ASSERT_EQ(reply, "HD\r\n");
    }
  });
  RawSocket setup = Connect();
  for (int r = 0; r < kCounters; r++) {
    EXPECT_EQ(Fetch(setup, "n" + std::to_string(r)).value, std::to_string(kClients));
  }
}

// In every round all clients hold the same CAS unique, and exactly one of them wins with it.
TEST_P(InvariantsTest, OneCasWinnerPerRound) {
  constexpr int kCasRounds = kRounds / 5;
  RawSocket setup = Connect();
  std::vector<std::string> uniques;
  for (int r = 0; r < kCasRounds; r++) {
    const std::string key = "cas" + std::to_string(r);
    ASSERT_EQ(setup.Ask(SetRequest(key, "0")), "STORED\r\n");
    uniques.push_back(Fetch(setup, key).cas);
  }
  std::vector<std::atomic<int>> winners(kCasRounds);
  InParallel([&](int number, RawSocket& socket) {
    for (int r = 0; r < kCasRounds; r++) {
      const std::string reply = Cas(socket, "cas" + std::to_string(r), std::to_string(number),
                                    uniques[static_cast<size_t>(r)]);
      if (reply == "STORED\r\n") {
        winners[static_cast<size_t>(r)]++;
      } else {
        ASSERT_EQ(reply, "EXISTS\r\n");
      }
    }
  });
  for (int r = 0; r < kCasRounds; r++) EXPECT_EQ(winners[static_cast<size_t>(r)], 1) << r;
}

// Counting with gets and cas loses nothing.
TEST_P(InvariantsTest, CountingWithCas) {
  RawSocket setup = Connect();
  ASSERT_EQ(setup.Ask(SetRequest("n", "0")), "STORED\r\n");
  constexpr int kEach = kRounds / 20;
  InParallel([&](int, RawSocket& socket) {
    for (int done = 0; done < kEach;) {
      const Item item = Fetch(socket, "n");
      ASSERT_NE(item.cas, "");
      const std::string next = std::to_string(std::stoi(item.value) + 1);
      const std::string answer = Cas(socket, "n", next, item.cas);
      if (answer == "STORED\r\n") done++;
    }
  });
  EXPECT_EQ(Fetch(setup, "n").value, std::to_string(kClients * kEach));
}

TEST_P(InvariantsTest, OneAddWinsPerKey) {
  std::atomic<int> stored = 0, deleted = 0;
  InParallel([&](int number, RawSocket& socket) {
    for (int i = 0; i < kRounds; i++) {
      const std::string key = "add" + std::to_string(i);
      const std::string reply =
          socket.Ask("add " + key + " 0 0 1\r\n" + std::to_string(number) + "\r\n");
      if (reply == "STORED\r\n") stored++;
    }
  });
  EXPECT_EQ(stored, kRounds);
  InParallel([&](int, RawSocket& socket) {
    for (int i = 0; i < kRounds; i++) {
      if (socket.Ask("delete add" + std::to_string(i) + "\r\n") == "DELETED\r\n") deleted++;
    }
  });
  EXPECT_EQ(deleted, kRounds);
}

// Appends and prepends of many clients to one value: each appears once, whole and on its side.
TEST_P(InvariantsTest, NoAppendIsLost) {
  RawSocket setup = Connect();
  ASSERT_EQ(setup.Ask(SetRequest("log", "|")), "STORED\r\n");
  constexpr int kEach = kRounds / 10;
  InParallel([&](int number, RawSocket& socket) {
    const std::string mark(1, static_cast<char>('a' + number));
    std::string pipeline;
    for (int i = 0; i < kEach; i++) {
      pipeline += "append log 0 0 3\r\n(" + mark + ")\r\n";
      pipeline += "prepend log 0 0 3 noreply\r\n<" + mark + ">\r\n";
    }
    ASSERT_TRUE(socket.Send(pipeline + "mn\r\n"));
    ASSERT_TRUE(socket.ReadUntil("MN\r\n", kLong).ends_with("MN\r\n"));
  });
  const std::string log = Fetch(setup, "log").value;
  ASSERT_EQ(log.size(), 1U + 2 * 3 * kClients * kEach);
  std::vector<int> appended(kClients, 0), prepended(kClients, 0);
  const size_t middle = log.find('|');
  for (size_t at = 0; at < log.size(); at += at == middle ? 1 : 3) {
    if (at == middle) continue;
    const bool left = at < middle;
    ASSERT_EQ(log[at], left ? '<' : '(') << "torn at " << at;
    ASSERT_EQ(log[at + 2], left ? '>' : ')') << "torn at " << at;
    (left ? prepended : appended)[static_cast<size_t>(log[at + 1] - 'a')]++;
  }
  for (int i = 0; i < kClients; i++) {
    EXPECT_EQ(appended[static_cast<size_t>(i)], kEach);
    EXPECT_EQ(prepended[static_cast<size_t>(i)], kEach);
  }
}

// Writers replace values of very different sizes while readers fetch them, alone and many at once:
// a reader sees one writer's value, whole.
TEST_P(InvariantsTest, NoTornValues) {
  constexpr size_t kKeys = 6;
  std::atomic<int> values_seen = 0;
  InParallel([&](int number, RawSocket& socket) {
    std::mt19937 random(static_cast<unsigned>(number));
    for (int i = 0; i < kRounds / 2; i++) {
      const std::string key = "torn" + std::to_string(random() % kKeys);
      const size_t size = 40 + (random() % 20 == 0 ? random() % 200'000 : random() % 3000);
      switch (random() % 4) {
        case 0:
          ASSERT_EQ(socket.Ask(SetRequest(key, SelfDescribing(random(), size))), "STORED\r\n");
          break;
        case 1:
          ASSERT_NE(socket.Ask("delete " + key + "\r\n"), "");
          break;
        default: {
          std::string request = "get";
          for (size_t k = 0; k < kKeys; k++) request += " torn" + std::to_string(k);
          const auto items = AskForItems(&socket, request + "\r\n");
          ASSERT_TRUE(items.has_value());
          for (const Item& item : *items) {
            ASSERT_TRUE(IsIntact(item.value)) << item.key << ", " << item.value.size() << " bytes";
            values_seen++;
          }
        }
      }
    }
  });
  EXPECT_GT(values_seen, 0);
}

OVERTAKE_IN_EVERY_MODE(InvariantsTest);

}  // namespace
}  // namespace overtake::tests
