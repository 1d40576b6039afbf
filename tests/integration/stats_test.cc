// Statistics tell what happened, over all threads.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class StatsTest : public ServerTest {
 protected:
  // The statistics are read over a new connection, perhaps by another thread than the one that
  // counted: give it a moment.
  void ExpectStat(const std::string& name, const std::string& value,
                  const std::string& group = "") {
    EXPECT_TRUE(Eventually([&] { return Stat(name, group) == value; }))
        << name << " is " << Stat(name, group) << ", not " << value;
  }
};

TEST_P(StatsTest, CommandsAreCounted) {
  StartServer();
  // Each command once on each of several connections, so that every thread counts some.
  constexpr int kConnections = 7;
  const std::string times = std::to_string(kConnections);
  for (int i = 0; i < kConnections; i++) {
    RawSocket socket = Connect();
    const std::string k = "k" + std::to_string(i);
    socket.Send(SetRequest(k, "5") + "get " + k + "\r\nget missing\r\nget " + k + " missing " + k +
                "\r\nincr " + k + " 1\r\nincr missing 1\r\ndecr " + k + " 1\r\ndecr missing 1\r\n" +
                "touch " + k + " 0\r\ntouch missing 0\r\ncas " + k + " 0 0 1 1\r\n1\r\n" +
                "cas missing 0 0 1 1\r\n1\r\nget " + k + "\r\ndelete missing\r\n" + "mn\r\n");
    ASSERT_TRUE(socket.ReadUntil("MN\r\n").ends_with("NOT_FOUND\r\nMN\r\n"));
  }
  ExpectStat("get_hits", std::to_string(4 * kConnections));
  ExpectStat("get_misses", std::to_string(2 * kConnections));
  ExpectStat("cmd_get", std::to_string(6 * kConnections));
  ExpectStat("incr_hits", times);
  ExpectStat("incr_misses", times);
  ExpectStat("decr_hits", times);
  ExpectStat("decr_misses", times);
  ExpectStat("touch_hits", times);
  ExpectStat("touch_misses", times);
  ExpectStat("cmd_touch", std::to_string(2 * kConnections));
  ExpectStat("cas_misses", times);
  ExpectStat("cas_badval", times);
  ExpectStat("cas_hits", "0");
  ExpectStat("delete_misses", times);
  ExpectStat("delete_hits", "0");
  ExpectStat("curr_items", times);
  ExpectStat("cmd_flush", "0");
  ExpectStat("evictions", "0");
}

TEST_P(StatsTest, StoresAreCounted) {
  StartServer();
  RawSocket socket = Connect();
  socket.Send(SetRequest("a", "1") + "add a 0 0 1\r\n1\r\nreplace b 0 0 1\r\n1\r\n" +
              "append a 0 0 1\r\n1\r\ndelete a\r\n" + SetRequest("c", "1") + "flush_all\r\nmn\r\n");
  ASSERT_TRUE(socket.ReadUntil("MN\r\n").ends_with("OK\r\nMN\r\n"));
  ExpectStat("cmd_set", "5");
  ExpectStat("cmd_flush", "1");
  ExpectStat("delete_hits", "1");
}

TEST_P(StatsTest, WhatIsFlushedIsGoneAtOnce) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached counts it until it comes by";
  ServerOptions options;
  options.memory_mb = 64;
  StartServer(options);
  RawSocket socket = Connect();
  const auto fill = [&] {
    for (int i = 0; i < 400; i++) {
      const std::string key = "k" + std::to_string(i);
      ASSERT_EQ(socket.Ask(SetRequest(key, std::string(i % 2 == 0 ? 100 : 100'000, 'v'))),
                "STORED\r\n");
    }
  };
  fill();
  const std::string total = Stat("total_items");
  ASSERT_EQ(socket.Ask("flush_all\r\n"), "OK\r\n");
  EXPECT_EQ(Stat("curr_items"), "0");
  EXPECT_EQ(Stat("bytes"), "0");
  EXPECT_EQ(Stat("total_items"), total);
  EXPECT_EQ(socket.Ask("stats items\r\n", "END\r\n"), "END\r\n");
  EXPECT_EQ(Stat("active_slabs", "slabs"), "0");
  EXPECT_EQ(socket.Ask("lru_crawler metadump all\r\n", "END\r\n"), "OK\r\nEND\r\n");
  ASSERT_EQ(socket.Ask(SetRequest("k399", "w")), "STORED\r\n");
  EXPECT_EQ(Stat("curr_items"), "1");
  EXPECT_GE(std::stoi(Stat("reclaimed")), 1);
  // All but what lies in the segments that are being written.
  ExpectStat("log_main_segments", "0");
  EXPECT_TRUE(Eventually([&] { return std::stol(Stat("log_small_segments")) <= 2; }));
  EXPECT_EQ(Stat("evictions"), "0");

  fill();
  ASSERT_EQ(socket.Ask("flush_all 2\r\n"), "OK\r\n");
  ExpectStat("curr_items", "0");
  ExpectStat("bytes", "0");
}

TEST_P(StatsTest, ConnectionsAreCounted) {
  StartServer();
  const int before = std::stoi(Stat("curr_connections"));
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 10; i++) {
    sockets.push_back(Connect());
    ASSERT_EQ(sockets.back().Ask("mn\r\n"), "MN\r\n");
  }
  ExpectStat("curr_connections", std::to_string(before + 10));
  EXPECT_GE(std::stoi(Stat("total_connections")), 11);
  sockets.clear();
  ExpectStat("curr_connections", std::to_string(before));
  ExpectStat("accepting_conns", "1");
  ExpectStat("rejected_connections", "0");
}

TEST_P(StatsTest, ResetClearsCounters) {
  StartServer();
  RawSocket socket = Connect();
  ASSERT_EQ(socket.Ask(SetRequest("a", "1")), "STORED\r\n");
  ASSERT_EQ(socket.Ask("get a\r\n", "END\r\n"), ValueReply("a", "1") + "END\r\n");
  ExpectStat("get_hits", "1");
  ASSERT_EQ(socket.Ask("stats reset\r\n"), "RESET\r\n");
  ExpectStat("get_hits", "0");
  ExpectStat("cmd_set", "0");
  ExpectStat("curr_items", "1");
}

// All groups, not only the first.
TEST_P(StatsTest, ResetClearsEveryGroup) {
  if (TestingMemcached()) GTEST_SKIP() << "slab classes, and no stats dispatch";
  ServerOptions options;
  options.more = {"--enable-debug-commands"};
  StartServer(options);
  RawSocket socket = Connect();
  const auto requests = [&] {
    int sum = 0;
    for (int i = 0; !StatOver(&socket, std::to_string(i) + ":name", "dispatch").empty(); i++) {
      sum += std::stoi(StatOver(&socket, std::to_string(i) + ":requests", "dispatch"));
    }
    return sum;
  };
  const auto longest_wait = [&] {
    double longest = 0;
    for (int i = 0; !StatOver(&socket, std::to_string(i) + ":name", "dispatch").empty(); i++) {
      longest = std::max(
          longest, std::stod(StatOver(&socket, std::to_string(i) + ":wait_max_us", "dispatch")));
    }
    return longest;
  };
  constexpr int kSpinMicros = 200'000;
  constexpr int kGets = 500;
  ASSERT_EQ(socket.Ask(SetRequest("a", "1")), "STORED\r\n");
  for (int i = 0; i < kGets; i++) {
    ASSERT_EQ(socket.Ask("get a\r\n", "END\r\n"), ValueReply("a", "1") + "END\r\n");
  }
  // Three for two workers: the last one waits for one of them. Elsewhere a run begins where it is
  // read.
  const bool waits = ModeIs("ramcloud") || ModeIs("nginx") || ModeIs("overtake");
  std::vector<RawSocket> spinning;
  for (int i = 0; i < 3; i++) {
    spinning.push_back(Connect());
    spinning.back().Send("debug spin " + std::to_string(kSpinMicros) + "\r\nmn\r\n");
  }
  for (RawSocket& one : spinning) ASSERT_TRUE(one.ReadUntil("MN\r\n").ends_with("MN\r\n"));
  spinning.clear();
  EXPECT_TRUE(Eventually([&] { return StatOver(&socket, "curr_connections") == "1"; }));
  EXPECT_GE(requests(), kGets);
  if (waits) {
    EXPECT_GT(longest_wait(), kSpinMicros / 2.0);
  }
  EXPECT_EQ(StatOver(&socket, "1:cmd_set", "slabs"), "1");
  EXPECT_EQ(StatOver(&socket, "items:1:hits_to_cold", "items"), std::to_string(kGets));
  const std::string connections = StatOver(&socket, "0:connections", "dispatch");

  ASSERT_EQ(socket.Ask("stats reset\r\n"), "RESET\r\n");
  EXPECT_LT(requests(), kGets / 2);
  EXPECT_LT(longest_wait(), kSpinMicros / 2.0);
  EXPECT_EQ(StatOver(&socket, "0:connections", "dispatch"), connections) << "no counter";
  EXPECT_EQ(StatOver(&socket, "1:cmd_set", "slabs"), "0");
  EXPECT_EQ(StatOver(&socket, "1:get_hits", "slabs"), "0");
  EXPECT_EQ(StatOver(&socket, "items:1:hits_to_cold", "items"), "0");
  EXPECT_EQ(StatOver(&socket, "items:1:number", "items"), "1");
  ASSERT_EQ(socket.Ask("get a\r\n", "END\r\n"), ValueReply("a", "1") + "END\r\n");
  EXPECT_EQ(StatOver(&socket, "1:get_hits", "slabs"), "1");
}

// As memcdump does: each class in turn.
TEST_P(StatsTest, ACachedumpOfEveryClassHasEachItemOnce) {
  if (TestingMemcached()) GTEST_SKIP() << "it shows what is in COLD";
  StartServer();
  RawSocket socket = Connect();
  constexpr int kItems = 60;
  for (int i = 0; i < kItems; i++) {
    ASSERT_EQ(socket.Ask(SetRequest("k" + std::to_string(i), Pattern(i, 1 << i % 18))),
              "STORED\r\n");
  }
  int shown = 0;
  for (int id = 0; id <= 63; id++) {
    const std::string dump =
        socket.Ask("stats cachedump " + std::to_string(id) + " 0\r\n", "END\r\n");
    for (size_t at = dump.find("ITEM k"); at != std::string::npos;
         at = dump.find("ITEM k", at + 1)) {
      shown++;
    }
  }
  EXPECT_EQ(shown, kItems);
}

TEST_P(StatsTest, GeneralFields) {
  StartServer();
  EXPECT_EQ(Stat("pid"), std::to_string(server_.pid()));
  EXPECT_EQ(Stat("pointer_size"), "64");
  EXPECT_EQ(Stat("max_connections"), "1024");
  EXPECT_EQ(Stat("limit_maxbytes"), std::to_string(256 << 20));
  for (const char* name : {"uptime", "time", "version", "rusage_user", "rusage_system", "bytes",
                           "bytes_read", "bytes_written", "total_items", "threads"}) {
    EXPECT_NE(Stat(name), "") << name;
  }
}

TEST_P(StatsTest, Settings) {
  ServerOptions options;
  options.more = {"-I", "2m", "-R", "33"};
  StartServer(options);
  EXPECT_EQ(Stat("maxbytes", "settings"), std::to_string(256 << 20));
  EXPECT_EQ(Stat("maxconns", "settings"), "1024");
  EXPECT_EQ(Stat("tcpport", "settings"), std::to_string(server_.port()));
  EXPECT_EQ(Stat("udpport", "settings"), "0");
  EXPECT_EQ(Stat("item_size_max", "settings"), std::to_string(2 << 20));
  EXPECT_EQ(Stat("reqs_per_event", "settings"), "33");
  EXPECT_EQ(Stat("num_threads", "settings"), "2");
  RawSocket socket = Connect();
  ASSERT_EQ(socket.Ask("verbosity 1\r\n"), "OK\r\n");
  ExpectStat("verbosity", "1", "settings");
}

TEST_P(StatsTest, Dispatch) {
  if (TestingMemcached()) GTEST_SKIP();
  StartServer();
  std::string mode = GetParam().name;
  if (mode == "nginx_inline") mode = "nginx";
  ExpectStat("dispatch", mode, "dispatch");
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 12; i++) {
    sockets.push_back(Connect());
    ASSERT_EQ(sockets.back().Ask("get k\r\n"), "END\r\n");
  }
  // Every thread has a name and a role; together they hold all connections and did all requests.
  EXPECT_TRUE(Eventually([&] {
    int connections = 0, requests = 0;
    for (int i = 0; Stat(std::to_string(i) + ":name", "dispatch") != ""; i++) {
      const std::string thread = std::to_string(i) + ":";
      EXPECT_NE(Stat(thread + "role", "dispatch"), "");
      connections += std::stoi(Stat(thread + "connections", "dispatch"));
      requests += std::stoi(Stat(thread + "requests", "dispatch"));
    }
    return connections >= 12 && requests >= 12;
  }));
}

OVERTAKE_IN_EVERY_MODE(StatsTest);

}  // namespace
}  // namespace overtake::tests
