// Options of the command line that change how the server runs.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "tests/support/eventually.h"
#include "tests/support/proc.h"
#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

class OptionsTest : public ServerTest {
 protected:
  OptionsTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~OptionsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  // Starts the server with further flags.
  void StartWith(const std::vector<std::string>& flags) {
    ServerOptions options;
    options.more = flags;
    StartServer(options);
  }
  // Runs it without the address and port that tests ordinarily give, until it ends.
  Finished RunServer(std::vector<std::string> flags) const {
    flags.insert(flags.begin(), GetParam().flags.begin(), GetParam().flags.end());
    return RunToEnd(ServerBinary(), flags);
  }
  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
};

TEST_P(OptionsTest, UnixSocketBesideTheNetwork) {
  if (TestingMemcached()) GTEST_SKIP() << "its -l takes no paths";
  const std::string path = Path("socket");
  {
    // Left behind by a server that is gone: a later one takes its place.
    ServerProcess before;
    ASSERT_TRUE(before.Start(ServerBinary(), {"-l", "127.0.0.1,unix:" + path}));
    before.Stop(SIGKILL);
    ASSERT_TRUE(std::filesystem::is_socket(path));
    ASSERT_FALSE(RawSocket(path).connected());
  }
  StartWith({"-l", "unix:" + path, "-a", "750"});
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0750U);
  RawSocket tcp = Connect();
  EXPECT_EQ(tcp.Ask("set k 0 0 1\r\nv\r\n"), "STORED\r\n");
  // Enough of them that every reader gets some.
  for (int i = 0; i < 20; i++) {
    RawSocket local(path);
    EXPECT_EQ(local.Ask("get k\r\n", "END\r\n"), "VALUE k 0 1\r\nv\r\nEND\r\n");
  }
  EXPECT_EQ(Stat("domain_socket", "settings"), path);
}

TEST_P(OptionsTest, WhatIsNoSocketIsNotReplaced) {
  const std::string path = Path("file");
  std::ofstream(path) << "precious";
  const Finished finished = RunServer({"-s", path});
  EXPECT_GT(finished.exit_code, 0);
  EXPECT_NE(finished.err.find(path), std::string::npos) << finished.err;
  EXPECT_EQ(ReadFile(path), "precious");
}

TEST_P(OptionsTest, MemoryOfRequestsAndReplies) {
  if (TestingMemcached()) GTEST_SKIP();
  StartWith({"-o", "resp_obj_mem_limit=7,read_buf_mem_limit=1048576,ssl_handshake_timeout=3"});
  EXPECT_EQ(Stat("resp_obj_mem_limit", "settings"), std::to_string(7 << 20));
  EXPECT_EQ(Stat("read_buf_mem_limit", "settings"), std::to_string(uint64_t{1} << 40));
  EXPECT_EQ(Stat("ssl_handshake_timeout", "settings"), "3");
}

TEST_P(OptionsTest, IdleConnectionsAreClosed) {
  StartWith({"-o", "idle_timeout=1"});
  RawSocket idle = Connect(), half = Connect(), busy = Connect();
  EXPECT_EQ(idle.Ask("mn\r\n"), "MN\r\n");
  half.Send("set k 0 0 10\r\n");
  EXPECT_TRUE(Eventually([&] {
    EXPECT_EQ(busy.Ask("mn\r\n"), "MN\r\n");
    idle.ReadBytes(1, std::chrono::milliseconds(100));
    return idle.closed();
  }));
  EXPECT_EQ(busy.Ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(Stat("idle_timeout", "settings"), "1");
  EXPECT_NE(Stat("idle_kicks"), "0");
}

// Bytes of a line, or of a data block, that never ends; but a large value may take its time.
TEST_P(OptionsTest, StrayBytesAreNoRequests) {
  StartWith({"-o", "idle_timeout=2"});
  RawSocket line = Connect(), block = Connect(), upload = Connect();
  EXPECT_EQ(line.Ask("mn\r\n"), "MN\r\n");
  block.Send("set k 0 0 100000\r\n");
  constexpr size_t kPieces = 20, kPiece = 20'000;
  upload.Send("set large 0 0 " + std::to_string(kPieces * kPiece) + "\r\n");
  size_t uploaded = 0;
  EXPECT_TRUE(Eventually([&] {
    for (RawSocket* socket : {&line, &block}) {
      socket->Send("x");
      socket->ReadBytes(1, std::chrono::milliseconds(100));
    }
    if (uploaded++ < kPieces) upload.Send(std::string(kPiece, 'x'));
    if (uploaded == kPieces) {
      EXPECT_EQ(upload.Ask("\r\n"), "STORED\r\n");
    }
    // memcached lets blocks take for ever.
    return line.closed() && (block.closed() || TestingMemcached()) && uploaded > kPieces;
  }));
}

// In mode nginx the one that may accept changes with each of the last connections.
TEST_P(OptionsTest, TheLastPlacesAreTakenAtOnce) {
  constexpr int kConnections = 600;
  ServerOptions options;
  options.max_connections = kConnections;
  StartServer(options);
  std::vector<RawSocket> clients;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  while (clients.size() < kConnections - 5 && std::chrono::steady_clock::now() < give_up) {
    clients.push_back(Connect());
    ASSERT_EQ(clients.back().Ask("mn\r\n"), "MN\r\n") << clients.size();
  }
  EXPECT_EQ(clients.size(), kConnections - 5U);
}

TEST_P(OptionsTest, ConnectionsBeyondTheLimitCanWait) {
  if (TestingMemcached()) GTEST_SKIP() << "it refuses some all the same";
  ServerOptions options;
  options.max_connections = 10;
  options.more = {"-o", "no_maxconns_fast"};
  StartServer(options);
  std::vector<RawSocket> served, waiting;
  for (int i = 0; i < 10; i++) {
    served.push_back(Connect());
    ASSERT_EQ(served.back().Ask("mn\r\n"), "MN\r\n") << i;
  }
  for (int i = 0; i < 5; i++) {
    waiting.push_back(Connect());
    waiting.back().Send("mn\r\n");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (RawSocket& socket : waiting) {
    EXPECT_EQ(socket.ReadBytes(1, std::chrono::milliseconds(1)), "");
    EXPECT_FALSE(socket.closed());
  }
  EXPECT_EQ(StatOver(&served[0], "listen_disabled_num"), "1");
  EXPECT_EQ(StatOver(&served[0], "accepting_conns"), "0");
  served.clear();
  for (RawSocket& socket : waiting) EXPECT_EQ(socket.ReadBytes(4), "MN\r\n");
  EXPECT_EQ(Stat("rejected_connections"), "0");
}

TEST_P(OptionsTest, TheLastOfAnOptionCounts) {
  StartWith({"-m", "100", "-c", "5", "-A", "-m", "80", "-A", "-c", "50", "-b", "0", "-o", "", "-o",
             "modern,", "-v", "-v"});
  EXPECT_EQ(Stat("limit_maxbytes"), std::to_string(80 << 20));
  EXPECT_EQ(Stat("max_connections"), "50");
}

TEST_P(OptionsTest, ShutdownOnlyWhereItIsAllowed) {
  StartWith({"-A"});
  for (const char* mode : {"now", "graceful now"}) {
    EXPECT_EQ(Connect().Ask("shutdown " + std::string(mode) + "\r\n"),
              "CLIENT_ERROR invalid shutdown mode\r\n");
  }
  RawSocket idle = Connect(), ending = Connect();
  EXPECT_EQ(idle.Ask("mn\r\n"), "MN\r\n");
  ending.Send("shutdown  graceful \r\n");
  EXPECT_EQ(ending.ReadUntilClosed(), "");
  EXPECT_TRUE(Eventually([&] { return !RawSocket(server_.port()).connected(); }));
  EXPECT_EQ(server_.Stop(0), 0);
}

TEST_P(OptionsTest, FlushCanBeForbidden) {
  StartWith({"-F"});
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("set k 0 0 1\r\nv\r\n"), "STORED\r\n");
  EXPECT_EQ(socket.Ask("flush_all\r\n"), "CLIENT_ERROR flush_all not allowed\r\n");
  socket.Send("flush_all noreply\r\n");
  EXPECT_EQ(socket.Ask("get k\r\n", "END\r\n"), "VALUE k 0 1\r\nv\r\nEND\r\n");
  EXPECT_EQ(Stat("flush_enabled", "settings"), "no");
}

// What concerns slabs and LRU lists is taken, and the server serves.
TEST_P(OptionsTest, OptionsWithoutEffect) {
  StartWith({"-f", "1.08", "-n", "64", "-B", "ascii", "-o",
             "hashpower=16,no_lru_crawler,hot_lru_pct=20,slab_automove=0,track_sizes,modern", "-o",
             "hash_algorithm=murmur3,tail_repair_time=100,maxconns_fast"});
  EXPECT_EQ(Connect().Ask("mn\r\n"), "MN\r\n");
}

// And `stats settings` shows what was given.
TEST_P(OptionsTest, OptionsWithoutEffectAreShown) {
  if (TestingMemcached()) GTEST_SKIP() << "1.6.18 has other ranges";
  StartWith({"-f", "1.5", "-n", "64", "-m", "1024 ", "-o",
             " hashpower=16,hash_algorithm=murmur3,track_sizes,temporary_ttl=5,hot_lru_pct=30,"
             "warm_lru_pct=50,hot_max_factor=0.5,warm_max_factor=3,worker_logbuf_size=100,"
             "inline_ascii_resp,slab_sizes=64-100-200",
             "-o",
             "slab_automove=2,slab_automove_ratio=1,slab_automove_window=1800,slab_chunk_max=1024,"
             "slab_automove_freeratio=0.3,no_slab_reassign,lru_crawler_sleep=1000000,"
             "lru_crawler_tocrawl=7,tail_repair_time=10"});
  const std::string settings = Connect().Ask("stats settings\r\n", "END\r\n");
  for (const char* line : {"maxbytes 1073741824",
                           "growth_factor 1.50",
                           "chunk_size 64",
                           "hashpower_init 16",
                           "hash_algorithm murmur3",
                           "track_sizes yes",
                           "temp_lru yes",
                           "temporary_ttl 5",
                           "hot_lru_pct 30",
                           "warm_lru_pct 50",
                           "hot_max_factor 0.50",
                           "warm_max_factor 3.00",
                           "worker_logbuf_size 102400",
                           "slab_automove 2",
                           "slab_automove_ratio 1.00",
                           "slab_automove_window 1800",
                           "slab_chunk_max 1048576",
                           "slab_automove_freeratio 0.300",
                           "slab_reassign no",
                           "lru_crawler_sleep 1000000",
                           "lru_crawler_tocrawl 7",
                           "tail_repair_time 10",
                           "maxconns_fast yes",
                           "lru_maintainer_thread yes",
                           "num_napi_ids 0",
                           "client_flags_size 4"}) {
    EXPECT_NE(settings.find("STAT " + std::string(line) + "\r\n"), std::string::npos) << line;
  }
}

TEST_P(OptionsTest, NoModernIsManyOptions) {
  if (TestingMemcached()) GTEST_SKIP();
  StartWith({"-o", "no_modern"});
  const std::string settings = Connect().Ask("stats settings\r\n", "END\r\n");
  for (const char* line :
       {"maxconns_fast no", "slab_reassign no", "slab_automove 0", "slab_automove_window 10",
        "slab_chunk_max 1048576", "lru_crawler no", "hash_algorithm jenkins",
        "lru_maintainer_thread no", "lru_segmented no"}) {
    EXPECT_NE(settings.find("STAT " + std::string(line) + "\r\n"), std::string::npos) << line;
  }
}

TEST_P(OptionsTest, WithoutDumpsNoDetail) {
  if (TestingMemcached()) GTEST_SKIP() << "1.6.18 allows it";
  StartWith({"-X"});
  for (const char* more : {"", " on", " off", " dump", " nonsense"}) {
    EXPECT_EQ(Connect().Ask("stats detail" + std::string(more) + "\r\n"),
              "CLIENT_ERROR stats detail not allowed\r\n");
  }
  EXPECT_EQ(Stat("detail_enabled", "settings"), "no");
}

// Tags and protocols before an address change nothing, and no address listens on more.
TEST_P(OptionsTest, AddressesWithPrefixes) {
  if (TestingMemcached()) GTEST_SKIP() << "1.6.18 knows fewer";
  const std::string first = std::to_string(FreePort()), second = std::to_string(FreePort());
  StartWith({"-l", " proto[ascii]:127.0.0.2:" + first + ";tag[x]:127.0.0.3", "-l",
             "proto[negotiating]:tag_abc_:127.0.0.4:" + second});
  EXPECT_EQ(RawSocket(server_.port()).Ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(ListeningPortsOf(server_.pid()),
            (std::set<int>{server_.port(), std::stoi(first), std::stoi(second)}));
  EXPECT_EQ(Stat("inter", "settings"),
            "127.0.0.1,proto[ascii]:127.0.0.2:" + first +
                ",tag[x]:127.0.0.3,proto[negotiating]:tag_abc_:127.0.0.4:" + second);
}

TEST_P(OptionsTest, InTheBackground) {
  const std::string ports = Path("ports"), pid_file = Path("pid");
  setenv("MEMCACHED_PORT_FILENAME", ports.c_str(), 1);
  const Finished started =
      RunServer({"-d", "-P", pid_file, "-p", "-1", "-l", "127.0.0.1", "-u", "root"});
  EXPECT_EQ(started.exit_code, 0) << started.err;
  EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(ports); }));
  unsetenv("MEMCACHED_PORT_FILENAME");
  const std::string lines = ReadFile(ports);
  ASSERT_TRUE(lines.starts_with("TCP INET: ")) << lines;
  const int port = std::stoi(lines.substr(10));
  ASSERT_TRUE(Eventually([&] { return !ReadFile(pid_file).empty(); }));
  const pid_t pid = std::stoi(ReadFile(pid_file));
  EXPECT_EQ(RawSocket(port).Ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(kill(pid, SIGTERM), 0);
  EXPECT_TRUE(Eventually([&] { return !std::filesystem::exists(pid_file); }));
  EXPECT_TRUE(Eventually([&] { return kill(pid, 0) != 0; }));
}

OVERTAKE_IN_EVERY_MODE(OptionsTest);

}  // namespace
}  // namespace overtake::tests
