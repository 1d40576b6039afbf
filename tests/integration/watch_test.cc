// Clients that watch what others do.

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class WatchTest : public ServerTest {
 protected:
  RawSocket Watcher(const std::string& kinds) {
    RawSocket socket = Connect();
    EXPECT_EQ(socket.Ask("watch " + kinds + "\r\n"), "OK\r\n");
    return socket;
  }

  // Reads until a line holds `text`; returns the line.
  static std::string LineWith(RawSocket* watcher, const std::string& text) {
    std::string all;
    while (true) {
      const std::string line = watcher->ReadUntil("\n");
      if (line.empty() || line.back() != '\n') return all + "<nothing more>";
      if (line.find(text) != std::string::npos) return line;
      all += line;
    }
  }
};

TEST_P(WatchTest, SeesWhatOthersDo) {
  StartServer();
  RawSocket watcher = Watcher("fetchers mutations");
  RawSocket socket = Connect();
  ASSERT_EQ(socket.Ask("set a 0 100 3\r\nabc\r\n"), "STORED\r\n");
  const std::string line = LineWith(&watcher, "item_store");
  EXPECT_TRUE(line.starts_with("ts=")) << line;
  EXPECT_NE(line.find(" gid="), std::string::npos);
  EXPECT_NE(line.find(" type=item_store key=a status=stored cmd=set ttl=100 clsid=1 cfd="),
            std::string::npos)
      << line;
  EXPECT_TRUE(line.ends_with(" size=3\n"));
  ASSERT_EQ(socket.Ask("get a\r\n", "END\r\n"), "VALUE a 0 3\r\nabc\r\nEND\r\n");
  EXPECT_NE(LineWith(&watcher, "status=found").find("type=item_get key=a"), std::string::npos);
}

TEST_P(WatchTest, SeesConnectionsComeAndGo) {
  StartServer();
  RawSocket watcher = Watcher("connevents");
  RawSocket socket = Connect();
  const std::string opened = LineWith(&watcher, "conn_new");
  EXPECT_NE(opened.find(" type=conn_new rip=127.0.0.1 rport="), std::string::npos) << opened;
  EXPECT_NE(opened.find(" transport=tcp cfd="), std::string::npos) << opened;
  socket.Close();
  const std::string closed = LineWith(&watcher, "conn_close");
  EXPECT_NE(closed.find(" transport=tcp reason=normal cfd="), std::string::npos) << closed;
  RawSocket quitter = Connect();
  ASSERT_TRUE(quitter.Send("quit\r\n"));
  EXPECT_NE(LineWith(&watcher, "conn_close").find("reason=normal"), std::string::npos);
}

// What the client asked for, or did, is normal; what makes the server end a connection is not.
TEST_P(WatchTest, TellsWhyConnectionsEnd) {
  StartServer();
  RawSocket watcher = Watcher("connevents");
  const auto end_of = [&](const std::string& bytes) {
    RawSocket socket = Connect();
    EXPECT_TRUE(socket.Send(bytes));
    socket.ReadUntilClosed();
    return LineWith(&watcher, "conn_close");
  };
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n"), std::string("mn\r\nPOST / HTTP/1.0\r\n"),
        std::string(3'000, 'x'), "\x80" + std::string(23, '\0')}) {
    // memcached 1.6.18 knows the binary protocol, and waits for more of it.
    if (TestingMemcached() && bytes[0] == '\x80') continue;
    const std::string line = end_of(bytes);
    EXPECT_NE(line.find(" reason=error "), std::string::npos) << bytes.substr(0, 30) << line;
  }
  const std::string quit = end_of("mn\r\nquit\r\n");
  EXPECT_NE(quit.find(" reason=normal "), std::string::npos) << quit;
  for (const char* bytes : {"", "g", "set k 0 0 10\r\nabc"}) {
    RawSocket socket = Connect();
    ASSERT_TRUE(socket.Send(bytes));
    socket.Reset();
    const std::string reset = LineWith(&watcher, "conn_close");
    EXPECT_NE(reset.find(" reason=error "), std::string::npos) << bytes << reset;
    EXPECT_NE(reset.find(" rip=127.0.0.1 rport="), std::string::npos) << bytes << reset;
  }
}

// Also when nothing happens that it could be told.
TEST_P(WatchTest, IsForgottenWhenItGoes) {
  StartServer();
  const size_t before = server_.FdCount();
  for (int i = 0; i < 25; i++) {
    RawSocket watcher = Watcher("fetchers");
    if (i % 3 == 1) watcher.Reset();
    if (i % 3 == 2) watcher.HalfClose();
    watcher.Close();
    ASSERT_TRUE(Eventually([&] { return server_.FdCount() <= before; })) << i;
  }
  if (!TestingMemcached()) {
    EXPECT_TRUE(Eventually([&] { return Stat("log_watchers") == "0"; }));
  }
}

TEST_P(WatchTest, WhoDoesNotReadLosesLinesAndNobodyWaits) {
  ServerOptions options;
  options.more = {"-o", "watcher_logbuf_size=64"};
  StartServer(options);
  RawSocket watcher(server_.port(), /*receive_buffer=*/4096);
  ASSERT_EQ(watcher.Ask("watch fetchers\r\n"), "OK\r\n");
  const size_t before = server_.RssBytes();
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; i++) {
    clients.emplace_back([this] {
      RawSocket socket = Connect();
      std::string gets;
      for (int n = 0; n < 1'000; n++) gets += "mg a-key-that-makes-its-line-rather-long q\r\n";
      gets += "mn\r\n";
      for (int round = 0; round < 25; round++) ASSERT_EQ(socket.Ask(gets), "MN\r\n");
    });
  }
  for (std::thread& client : clients) client.join();
  if (TestingMemcached()) return;
  EXPECT_GT(std::stol(Stat("log_watcher_skipped")), 0);
  EXPECT_EQ(Stat("log_watchers"), "1");
  if (!kSanitized) {
    EXPECT_LT(server_.RssBytes(), before + (8 << 20));
  }
  // It goes on from there.
  RawSocket socket = Connect();
  std::thread asker([&] {
    for (int i = 0; i < 200; i++) {
      socket.Ask("get last\r\n", "END\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  EXPECT_NE(LineWith(&watcher, "skipped=").find("skipped="), std::string::npos);
  EXPECT_NE(LineWith(&watcher, "key=last").find("status=not_found"), std::string::npos);
  asker.join();
}

TEST_P(WatchTest, CanBeForbidden) {
  ServerOptions options;
  options.more = {"-W"};
  StartServer(options);
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("watch fetchers\r\n"), "CLIENT_ERROR watch commands not allowed\r\n");
  EXPECT_EQ(socket.Ask("mn\r\n"), "MN\r\n");
}

TEST_P(WatchTest, PrefixesAreCountedFromTheStart) {
  ServerOptions options;
  options.more = {"-D", "/"};
  StartServer(options);
  RawSocket socket = Connect();
  socket.Send("set a/b 0 0 1\r\nx\r\nget a/b a/c ab\r\ndelete a/b\r\nmn\r\n");
  ASSERT_TRUE(socket.ReadUntil("MN\r\n").ends_with("MN\r\n"));
  EXPECT_EQ(socket.Ask("stats detail dump\r\n", "END\r\n"),
            "PREFIX a get 2 hit 1 set 1 del 1\r\nEND\r\n");
  EXPECT_EQ(Stat("stat_key_prefix", "settings"), "/");
  EXPECT_EQ(Stat("detail_enabled", "settings"), "yes");
}

// The server ends with watchers in every state.
TEST_P(WatchTest, EndsWithTheServer) {
  StartServer();
  std::vector<RawSocket> watchers;
  for (int i = 0; i < 5; i++) watchers.push_back(Watcher("fetchers connevents"));
  RawSocket socket = Connect();
  socket.Send("get a\r\nget b\r\n");
  EXPECT_EQ(server_.Stop(), 0);
}

OVERTAKE_IN_EVERY_MODE(WatchTest);

}  // namespace
}  // namespace overtake::tests
