// What an administrator and his tools ask of a running server.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class AdminTest : public ServerTest {
 protected:
  // Stores items of `size` bytes in one go.
  void Fill(const std::string& prefix, int items, size_t size) {
    RawSocket socket = Connect();
    const std::string value(size, 'v');
    std::string requests;
    for (int i = 0; i < items; i++) {
      requests += "set " + prefix + std::to_string(i) + " 0 0 " + std::to_string(size) +
                  " noreply\r\n" + value + "\r\n";
    }
    ASSERT_TRUE(socket.Send(requests));
    ASSERT_EQ(socket.Ask("mn\r\n"), "MN\r\n");
  }

  static std::multiset<std::string> KeysIn(const std::string& dump) {
    std::multiset<std::string> keys;
    for (size_t at = dump.find("key="); at != std::string::npos; at = dump.find("\nkey=", at)) {
      at = dump.find('=', at) + 1;
      keys.insert(dump.substr(at, dump.find(' ', at) - at));
    }
    return keys;
  }
};

TEST_P(AdminTest, ADumpIsCompleteWhileOthersWrite) {
  StartServer();
  constexpr int kItems = 20'000;
  Fill("k", kItems, 10);
  RawSocket dumper = Connect();
  ASSERT_TRUE(dumper.Send("lru_crawler metadump all\r\n"));
  Fill("other", kItems, 10);
  Fill("k", kItems, 20);
  const std::string dump = dumper.ReadUntil("\nEND\r\n");
  ASSERT_TRUE(dump.ends_with("\nEND\r\n"));
  const auto keys = KeysIn(dump);
  for (int i = 0; i < kItems; i++) EXPECT_EQ(keys.count("k" + std::to_string(i)), 1U) << i;
  EXPECT_EQ(dumper.Ask("mn\r\n"), "MN\r\n") << "the connection goes on";
}

// A dump is in the order of the keys' hashes, and nobody shall know them beforehand.
TEST_P(AdminTest, KeysAreHashedDifferentlyAtEachStart) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached's crawler goes by recency";
  const auto dump = [this] {
    StartServer();
    Fill("k", 1'000, 10);
    const std::string all = Connect().Ask("lru_crawler metadump all\r\n", "\nEND\r\n");
    EXPECT_EQ(KeysIn(all).size(), 1'000U);
    EXPECT_EQ(server_.Stop(), 0);
    // Times differ too: keys alone.
    std::string keys;
    for (size_t at = all.find("key="); at != std::string::npos; at = all.find("key=", at + 1)) {
      keys += all.substr(at, all.find(' ', at) - at);
    }
    return keys;
  };
  EXPECT_NE(dump(), dump());
}

// Nobody waits for who does not read his dump, and little is held for him.
TEST_P(AdminTest, ADumpWaitsForItsReader) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached's crawler serves one client at a time";
  StartServer();
  Fill("a-key-that-makes-the-lines-of-the-dump-long-", 50'000, 10);
  const size_t before = server_.RssBytes();
  std::vector<RawSocket> readers;
  for (int i = 0; i < 8; i++) {
    readers.emplace_back(server_.port(), /*receive_buffer=*/4096);
    ASSERT_TRUE(readers.back().Send("lru_crawler metadump all\r\n"));
  }
  for (int i = 0; i < 20; i++) {
    RawSocket socket = Connect();
    EXPECT_EQ(socket.Ask("set other 0 0 2\r\nok\r\n"), "STORED\r\n");
    EXPECT_EQ(socket.Ask("get other\r\n", "END\r\n"), ValueReply("other", "ok") + "END\r\n");
  }
  if (!kSanitized) {
    EXPECT_LT(server_.RssBytes(), before + (8 << 20));
  }
  readers[0].Reset();
  readers[1].HalfClose();
  const std::string dump = readers[7].ReadUntil("\nEND\r\n");
  EXPECT_GE(KeysIn(dump).size(), 50'000U);
}

TEST_P(AdminTest, MemoryIsGivenBackAndTakenAgain) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached gives pages back when it likes";
  ServerOptions options;
  options.memory_mb = 64;
  StartServer(options);
  Fill("k", 600, 100'000);
  const size_t before = server_.RssBytes();
  EXPECT_EQ(Connect().Ask("cache_memlimit 16\r\n"), "OK\r\n");
  EXPECT_EQ(Stat("limit_maxbytes"), std::to_string(16 << 20));
  EXPECT_TRUE(Eventually([&] { return std::stol(Stat("log_idle_bytes")) >= 48 << 20; }));
  if (!kSanitized) {
    EXPECT_TRUE(Eventually([&] { return server_.RssBytes() + (32 << 20) < before; }));
  }
  Fill("l", 600, 100'000);
  EXPECT_LT(std::stol(Stat("bytes")), 16 << 20);
  EXPECT_EQ(Connect().Ask("cache_memlimit 1025\r\n"),
            "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n");
  EXPECT_EQ(Connect().Ask("cache_memlimit 64\r\n"), "OK\r\n");
  EXPECT_TRUE(Eventually([&] { return Stat("log_idle_bytes") == "0"; }));
  Fill("m", 500, 100'000);
  EXPECT_GT(std::stol(Stat("bytes")), 40 << 20);
}

TEST_P(AdminTest, MemoryBeyondTheStartsIsGiven) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached gives pages back when it likes";
  ServerOptions options;
  options.memory_mb = 16;
  StartServer(options);
  const size_t empty = server_.RssBytes();
  for (int round = 0; round < 2; round++) {
    EXPECT_EQ(Connect().Ask("cache_memlimit 80\r\n"), "OK\r\n");
    EXPECT_EQ(Stat("limit_maxbytes"), std::to_string(80 << 20));
    EXPECT_EQ(Stat("maxbytes", "settings"), std::to_string(80 << 20));
    Fill("k", 700, 100'000);
    EXPECT_EQ(Stat("evictions"), "0");
    EXPECT_GE(std::stol(Stat("bytes")), 70'000'000);
    if (round == 0) {
      EXPECT_EQ(Connect().Ask("cache_memlimit 257\r\n"),
                "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n");
    }
    ASSERT_EQ(Connect().Ask("flush_all\r\n"), "OK\r\n");
    EXPECT_EQ(Connect().Ask("cache_memlimit 16\r\n"), "OK\r\n");
    EXPECT_TRUE(Eventually([&] { return std::stol(Stat("log_idle_bytes")) >= 63 << 20; }));
    if (!kSanitized) {
      EXPECT_TRUE(Eventually([&] { return server_.RssBytes() < empty + (24 << 20); }));
    }
  }
  Fill("l", 700, 100'000);
  EXPECT_LT(std::stol(Stat("bytes")), 16 << 20);
  EXPECT_NE(Stat("evictions"), "0");
}

TEST_P(AdminTest, ConnectionsAreListed) {
  StartServer();
  RawSocket one = Connect();
  RawSocket two = Connect();
  ASSERT_EQ(two.Ask("mn\r\n"), "MN\r\n");
  const std::string stats = one.Ask("stats conns\r\n", "END\r\n");
  const std::string address = "tcp:127.0.0.1:" + std::to_string(server_.port());
  const auto count = [&stats](const std::string& part) {
    int times = 0;
    for (size_t at = stats.find(part); at != std::string::npos; at = stats.find(part, at + 1)) {
      times++;
    }
    return times;
  };
  EXPECT_GE(count(":addr " + address + "\r\n"), 1) << stats;
  EXPECT_EQ(count(":listen_addr " + address + "\r\n"), 2) << stats;
  EXPECT_GE(count(":state conn_listening\r\n"), 1);
  EXPECT_EQ(count(":addr "), count(":state "));
  EXPECT_EQ(count(":addr "), count(":secs_since_last_cmd "));
}

// The value of `name` in `stats conns` for the connection of which a line ends in `line`; -1: none.
int ConnectionStat(const std::string& stats, const std::string& line, const std::string& name) {
  const size_t end = stats.find(line + "\r\n");
  if (end == std::string::npos) return -1;
  const size_t start = stats.rfind("STAT ", end);
  const std::string fd = stats.substr(start, stats.find(':', start) - start);
  const size_t at = stats.find(fd + ":" + name + " ");
  return at == std::string::npos ? -1 : std::stoi(stats.substr(at + fd.size() + name.size() + 2));
}

// A byte is no request; a socket in the file system is as any other.
TEST_P(AdminTest, SecondsAreCountedSinceTheLastRequest) {
  if (TestingMemcached()) GTEST_SKIP() << "it has either ports or a socket in the file system";
  const std::string path =
      std::filesystem::temp_directory_path() / ("overtake-conns-" + std::to_string(FreePort()));
  ServerOptions options;
  options.more = {"-l", "unix:" + path};
  StartServer(options);
  RawSocket asker = Connect();
  RawSocket over_tcp = Connect();
  RawSocket local(path);
  sockaddr_in own = {};
  socklen_t size = sizeof(own);
  ASSERT_EQ(getsockname(over_tcp.fd(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  const std::string tcp_line = ":addr tcp:127.0.0.1:" + std::to_string(ntohs(own.sin_port));
  for (const auto& [socket, line] :
       {std::pair{&over_tcp, tcp_line}, std::pair{&local, ":listen_addr unix:" + path}}) {
    const auto seconds = [&] {
      return ConnectionStat(asker.Ask("stats conns\r\n", "END\r\n"), line, "secs_since_last_cmd");
    };
    EXPECT_TRUE(Eventually([&] { return seconds() >= 1; })) << line;
    ASSERT_TRUE(socket->Send("m"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_GE(seconds(), 1) << line;
    ASSERT_EQ(socket->Ask("n\r\n"), "MN\r\n");
    EXPECT_TRUE(Eventually([&] { return socket->Ask("mn\r\n") == "MN\r\n" && seconds() == 0; }));
  }
}

// memcached's own tool, as Debian ships it.
TEST_P(AdminTest, MemcachedToolFindsItsWay) {
  const std::string tool = "/usr/share/memcached/scripts/memcached-tool";
  if (!std::filesystem::exists(tool)) GTEST_SKIP() << "memcached-tool is not installed";
  StartServer();
  Fill("k", 100, 1'000);
  ASSERT_EQ(Connect().Ask("set with%20percent 5 0 5\r\nhello\r\n"), "STORED\r\n");
  const auto run = [&](const std::string& mode) {
    const Finished finished = RunToEnd(tool, {"127.0.0.1:" + std::to_string(server_.port()), mode});
    EXPECT_EQ(finished.exit_code, 0) << mode;
    if (mode != "dump" && mode != "keys") {
      EXPECT_EQ(finished.err, "") << mode;
    }
    return finished.out;
  };
  EXPECT_NE(run("display").find("101"), std::string::npos);
  const std::string stats = run("stats");
  const size_t items = stats.find("curr_items");
  ASSERT_NE(items, std::string::npos);
  EXPECT_NE(stats.substr(items, 40).find(" 101"), std::string::npos) << stats;
  EXPECT_NE(run("settings").find("maxbytes"), std::string::npos);
  EXPECT_NE(run("sizes").find("sizes_status"), std::string::npos);
  EXPECT_NE(run("keys").find("key=k77 "), std::string::npos);
  const std::string dump = run("dump");
  EXPECT_NE(dump.find("add with%20percent 5 0 5\r\nhello\r\n"), std::string::npos);
  EXPECT_NE(dump.find("add k77 0 0 1000\r\n"), std::string::npos);
}

TEST_P(AdminTest, WithoutCas) {
  ServerOptions options;
  options.more = {"-C"};
  StartServer(options);
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("set a 0 0 1\r\nx\r\ngets a\r\n", "END\r\n"),
            "STORED\r\nVALUE a 0 1 0\r\nx\r\nEND\r\n");
  EXPECT_EQ(socket.Ask("cas a 0 0 1 0\r\ny\r\n"), "EXISTS\r\n");
  EXPECT_EQ(socket.Ask("cas a 0 0 1 5\r\ny\r\n"), "EXISTS\r\n");
  EXPECT_EQ(socket.Ask("cas n 0 0 1 0\r\ny\r\n"), "NOT_FOUND\r\n");
  EXPECT_EQ(socket.Ask("ms a 1 c\r\nz\r\n"), "HD c0\r\n");
  EXPECT_EQ(socket.Ask("ms a 1 C0 c\r\nz\r\n"), "EX c0\r\n");
  EXPECT_EQ(socket.Ask("ms a 1 C1 I\r\nz\r\n"), "EX\r\n");
  EXPECT_EQ(socket.Ask("mg a c\r\n"), "HD c0\r\n");
  EXPECT_EQ(socket.Ask("ma n N0 c\r\n"), "HD c0\r\n");
  EXPECT_EQ(socket.Ask("ma n C5 c\r\n"), "EX\r\n");
  EXPECT_EQ(socket.Ask("md a C3\r\n"), "EX\r\n");
  EXPECT_EQ(socket.Ask("md a C0\r\n"), "HD\r\n");
  EXPECT_EQ(Stat("cas_enabled", "settings"), "no");
}

TEST_P(AdminTest, WithoutDumps) {
  ServerOptions options;
  options.more = {"-X"};
  StartServer(options);
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("lru_crawler metadump all\r\n"), "ERROR metadump not allowed\r\n");
  EXPECT_EQ(socket.Ask("stats cachedump 1 1\r\n"), "CLIENT_ERROR stats cachedump not allowed\r\n");
  EXPECT_EQ(Stat("dump_enabled", "settings"), "no");
}

TEST_P(AdminTest, WithoutTheCrawler) {
  ServerOptions options;
  options.more = {"-o", "no_lru_crawler"};
  StartServer(options);
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("lru_crawler metadump all\r\n"), "CLIENT_ERROR lru crawler disabled\r\n");
  EXPECT_EQ(Stat("lru_crawler", "settings"), "no");
  EXPECT_EQ(socket.Ask("lru_crawler enable\r\n"), "OK\r\n");
  EXPECT_EQ(socket.Ask("lru_crawler metadump all\r\n", "END\r\n"), "OK\r\nEND\r\n");
}

OVERTAKE_IN_EVERY_MODE(AdminTest);

}  // namespace
}  // namespace overtake::tests
