// Replies come in the order of requests, and a request sees what those before it on the same
// connection did, however many threads work on them.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

// Requests of one connection on keys of its own, with the bytes that must come back.
struct Script {
  std::string requests;
  std::string replies;
};

// `count` random commands. Sizes vary so that light and heavy requests alternate.
Script MakeScript(unsigned seed, int count, const std::string& prefix) {
  std::mt19937 random(seed);
  constexpr int kKeys = 8;
  std::vector<std::string> values(kKeys, "");
  std::vector<bool> present(kKeys, false);
  uint64_t counter = 0;
  Script script;
  script.requests = SetRequest(prefix + "n", "0");
  script.replies = "STORED\r\n";
  for (int i = 0; i < count; i++) {
    const size_t k = random() % kKeys;
    const std::string key = prefix + std::to_string(k);
    switch (random() % 7) {
      case 0:
      case 1:
        values[k] = Pattern(random(), random() % 10 == 0 ? random() % 20000 : random() % 200);
        present[k] = true;
        script.requests += SetRequest(key, values[k]);
        script.replies += "STORED\r\n";
        break;
      case 2:
        script.requests += "delete " + key + "\r\n";
        script.replies += present[k] ? "DELETED\r\n" : "NOT_FOUND\r\n";
        present[k] = false;
        break;
      case 3: {
        const unsigned delta = random() % 1000;
        counter += delta;
        script.requests += "incr " + prefix + "n " + std::to_string(delta) + "\r\n";
        script.replies += std::to_string(counter) + "\r\n";
        break;
      }
      case 4: {
        script.requests += "get";
        for (size_t j = 0; j < kKeys; j++) {
          script.requests += " " + prefix + std::to_string(j);
          if (present[j]) script.replies += ValueReply(prefix + std::to_string(j), values[j]);
        }
        script.requests += "\r\n";
        script.replies += "END\r\n";
        break;
      }
      default:
        script.requests += "get " + key + "\r\n";
        if (present[k]) script.replies += ValueReply(key, values[k]);
        script.replies += "END\r\n";
    }
  }
  return script;
}

class PipeliningTest : public ServerTest {
 protected:
  // Sends while it reads: neither side's buffers hold so much.
  void Play(const Script& script) {
    RawSocket socket = Connect();
    std::thread sender([&] { EXPECT_TRUE(socket.Send(script.requests, 6 * kGiveUp)); });
    const std::string replies = socket.ReadBytes(script.replies.size(), 6 * kGiveUp);
    sender.join();
    ASSERT_EQ(replies.size(), script.replies.size());
    EXPECT_TRUE(replies == script.replies)
        << "first difference at byte " << FirstDifference(replies, script.replies) << " of "
        << replies.size();
    socket.HalfClose();
    EXPECT_EQ(socket.ReadUntilClosed(), "") << "bytes too many";
  }

  static size_t FirstDifference(const std::string& a, const std::string& b) {
    size_t i = 0;
    while (i < a.size() && i < b.size() && a[i] == b[i]) i++;
    return i;
  }
};

TEST_P(PipeliningTest, ThousandsOfRequestsOnOneConnection) {
  StartServer();
  Play(MakeScript(1, 8000, "a"));
}

TEST_P(PipeliningTest, SeveralConnectionsAndFourWorkers) {
  ServerOptions options;
  options.workers = 4;
  StartServer(options);
  std::vector<std::thread> players;
  for (unsigned i = 0; i < 6; i++) {
    players.emplace_back([this, i] { Play(MakeScript(100 + i, 3000, "c" + std::to_string(i))); });
  }
  for (std::thread& player : players) player.join();
}

// A counter read back after each step: the strictest order there is.
TEST_P(PipeliningTest, EveryGetSeesTheIncrementBeforeIt) {
  ServerOptions options;
  options.workers = 4;
  StartServer(options);
  Script script;
  script.requests = "set n 0 0 1\r\n0\r\n";
  script.replies = "STORED\r\n";
  for (int i = 1; i <= 5000; i++) {
    const std::string value = std::to_string(i);
    script.requests += "incr n 1\r\nget n\r\n";
    script.replies += value + "\r\n" + ValueReply("n", value) + "END\r\n";
  }
  Play(script);
}

TEST_P(PipeliningTest, LightRequestsBehindHeavyOnes) {
  ServerOptions options;
  options.workers = 4;
  StartServer(options);
  Script script;
  std::string multiget = "get", answer;
  for (int i = 0; i < 500; i++) {
    const std::string key = "h" + std::to_string(i);
    const std::string value = Pattern(i, 300);
    script.requests += SetRequest(key, value);
    script.replies += "STORED\r\n";
    multiget += " " + key;
    answer += ValueReply(key, value);
  }
  for (int i = 0; i < 40; i++) {
    const std::string number = std::to_string(i);
    script.requests += multiget + "\r\n" + SetRequest("light", number) + "get light\r\nmn\r\n";
    script.replies += answer + "END\r\nSTORED\r\n" + ValueReply("light", number) + "END\r\nMN\r\n";
  }
  Play(script);
}

// Some clients keep their pipelines full all the time; the others still get their turns.
TEST_P(PipeliningTest, GreedyClientsDoNotStarveOthers) {
  StartServer();
  ASSERT_EQ(Connect().Ask(SetRequest("key", Pattern(1, 2000))), "STORED\r\n");
  std::string batch = "get key";
  for (int i = 0; i < 100; i++) batch += " key";
  batch += "\r\n";
  for (int i = 0; i < 200; i++) batch += "get key\r\nmn\r\n";

  std::atomic<bool> stop = false;
  std::vector<std::thread> greedy;
  for (int i = 0; i < 4; i++) {
    greedy.emplace_back([&] {
      RawSocket socket = Connect();
      std::string discarded;
      while (!stop) {
        socket.SendWithoutBlocking(batch);  // a part of it, whatever that makes of the next
        discarded.clear();
        while (socket.ReadMore(&discarded, std::chrono::milliseconds(0))) discarded.clear();
      }
    });
  }
  for (int i = 0; i < 100; i++) {
    RawSocket socket = Connect();
    EXPECT_EQ(socket.Ask("set light 0 0 1\r\nx\r\n"), "STORED\r\n");
    EXPECT_EQ(socket.Ask("get light\r\n", "END\r\n"), ValueReply("light", "x") + "END\r\n");
  }
  stop = true;
  for (std::thread& client : greedy) client.join();
}

// Requests of many connections interleave at every byte; each connection gets its own replies.
TEST_P(PipeliningTest, ConnectionsInterleaveByteByByte) {
  StartServer();
  constexpr size_t kConnections = 20;
  std::vector<RawSocket> sockets;
  std::vector<std::string> requests, replies;
  size_t longest = 0;
  for (size_t i = 0; i < kConnections; i++) {
    sockets.push_back(Connect());
    const std::string key = "key" + std::to_string(i);
    const std::string value = Pattern(i, 10 + i);
    requests.push_back(SetRequest(key, value) + "get " + key + "\r\n");
    replies.push_back("STORED\r\n" + ValueReply(key, value) + "END\r\n");
    longest = std::max(longest, requests.back().size());
  }
  for (size_t at = 0; at < longest; at++) {
    for (size_t i = 0; i < kConnections; i++) {
      if (at >= requests[i].size()) continue;
      ASSERT_TRUE(sockets[i].Send(requests[i].substr(at, 1)));
    }
  }
  for (size_t i = 0; i < kConnections; i++) {
    EXPECT_EQ(sockets[i].ReadBytes(replies[i].size()), replies[i]);
  }
}

OVERTAKE_IN_EVERY_MODE(PipeliningTest);

}  // namespace
}  // namespace overtake::tests
