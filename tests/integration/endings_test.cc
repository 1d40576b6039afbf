// Connections that end, in every way and in every state: nothing of them is left behind.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/tls_client.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

constexpr char kLogin[] = "set auth 0 0 3\r\nu p\r\n";

// One connection, under TLS or not.
struct Client {
  Client(int port, bool tls, int version)
      : under_tls(tls ? std::make_unique<TlsClient>(
                            port, TlsClientOptions{.version = version, .receive_buffer = 4096})
                      : nullptr),
        plain(tls ? nullptr : std::make_unique<RawSocket>(port, /*receive_buffer=*/4096)) {}

  RawSocket& socket() { return under_tls != nullptr ? under_tls->socket() : *plain; }
  bool Send(const std::string& bytes) {
    return under_tls != nullptr ? under_tls->Send(bytes) : plain->Send(bytes);
  }
  std::string Ask(const std::string& request) {
    return under_tls != nullptr ? under_tls->Ask(request) : plain->Ask(request);
  }
  std::string ReadBytes(size_t count) {
    return under_tls != nullptr ? under_tls->ReadBytes(count) : plain->ReadBytes(count);
  }

  std::unique_ptr<TlsClient> under_tls;
  std::unique_ptr<RawSocket> plain;
};

// What a client has done when it ends the connection.
struct State {
  std::string name;
  std::function<void(Client&)> reach;
  // Of a half-closed connection: the server still has something to send, and waits for its client.
  bool owes = false;
};

std::vector<State> RawStates(bool tls) {
  std::vector<State> states = {
      {"nothing sent", [](Client&) {}},
      {"one byte", [tls](Client& c) { c.socket().Send(tls ? "\x16" : "m"); }},
      {"a NUL", [](Client& c) { c.socket().Send(std::string_view("\0", 1)); }},
  };
  if (!tls) return states;
  states.push_back({"plain text", [](Client& c) { c.socket().Send("mn\r\n"); }});
  states.push_back({"HTTP", [](Client& c) { c.socket().Send("GET / HTTP/1.1\r\n\r\n"); }});
  for (const int eighths : {1, 2, 4, 7, 8}) {
    states.push_back({"hello, eighths: " + std::to_string(eighths), [eighths](Client& c) {
                        const std::string hello = c.under_tls->Hello();
                        c.socket().Send(
                            hello.substr(0, hello.size() * static_cast<size_t>(eighths) / 8));
                      }});
  }
  for (const int quarters : {1, 2, 3}) {
    states.push_back({"Finished, quarters: " + std::to_string(quarters), [quarters](Client& c) {
                        const std::string end = c.under_tls->Finished();
                        EXPECT_NE(end, "");
                        c.socket().Send(
                            end.substr(0, end.size() * static_cast<size_t>(quarters) / 4));
                      }});
  }
  states.push_back({"handshake done", [](Client& c) { EXPECT_TRUE(c.under_tls->Handshake()); }});
  for (const int quarters : {1, 2, 3}) {
    states.push_back({"record, quarters: " + std::to_string(quarters), [quarters](Client& c) {
                        EXPECT_TRUE(c.under_tls->Handshake());
                        const std::string record = c.under_tls->Encrypt("mn\r\n");
                        c.socket().Send(
                            record.substr(0, record.size() * static_cast<size_t>(quarters) / 4));
                      }});
  }
  states.push_back({"a broken record", [](Client& c) {
                      EXPECT_TRUE(c.under_tls->Handshake());
                      std::string record = c.under_tls->Encrypt("mn\r\n");
                      record[record.size() / 2] ^= 1;
                      c.socket().Send(record);
                    }});
  states.push_back({"close_notify", [](Client& c) {
                      EXPECT_TRUE(c.under_tls->Handshake());
                      c.under_tls->CloseNotify();
                    }});
  return states;
}

std::vector<State> LoginStates() {
  std::vector<State> states;
  for (const char* text : {"s", "set auth 0 0 3\r\n", "set auth 0 0 3\r\nu p", kLogin, "get k\r\n",
                           "set auth 0 0 3\r\nu x\r\n"}) {
    states.push_back({"login: " + std::string(text), [text](Client& c) {
                        if (c.under_tls != nullptr) {
                          EXPECT_TRUE(c.under_tls->Handshake());
                        }
                        c.Send(text);
                      }});
  }
  return states;
}

std::vector<State> RequestStates() {
  std::vector<State> states;
  for (const char* text :
       {"", "g", "get k", "get k\r", "get k\r\n", "get k\r\nget", "set k 0 0 100\r\n",
        "set k 0 0 100\r\nabc", "set k 0 0 3\r\nabc\r", "ms k 3\r\nab", "quit\r\n",
        "set k 0 0 20000000\r\nabc", "GET / HTTP/1.1\r\n", "lru_crawler metadump all\r\n",
        "watch fetchers\r\n", "watch fetchers connevents\r\nmn\r\nmn", "debug sleep 20000\r\n",
        "debug spin 2000\r\ndebug sleep 20000\r\nmn\r\nget"}) {
    states.push_back({"request: " + std::string(text), [text](Client& c) { c.Send(text); }});
  }
  for (const size_t sent : {20'000, 60'000, 299'990}) {
    states.push_back({"block, " + std::to_string(sent), [sent](Client& c) {
                        c.Send("set k 0 0 300000\r\n" + std::string(sent, 'x'));
                      }});
  }
  states.push_back({"a long line", [](Client& c) { c.Send(std::string(1'500, 'x')); }});
  states.push_back({"too long a line", [](Client& c) { c.Send(std::string(3'000, 'x')); }});
  states.push_back({"a long multiget", [](Client& c) {
                      c.Send("get " + Pattern(1, 200) + " " + std::string(5'000, ' '));
                    }});
  return states;
}

// Two dozen replies of 600 KB each, none of which the client reads.
State RepliesUnread(bool partly) {
  return {partly ? "some of the replies read" : "replies unread",
          [partly](Client& c) {
            std::string requests;
            for (int i = 0; i < 24; i++) requests += "get big\r\n";
            c.Send(requests);
            if (partly) {
              EXPECT_EQ(c.ReadBytes(100'000).size(), 100'000U);
            }
          },
          /*owes=*/true};
}

class EndingsTest : public ServerTest {
 protected:
  EndingsTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
    MakeCertificate(Path("server"));
    std::ofstream(Path("users")) << "u:p\n";
  }
  ~EndingsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  // Starts a server with a port under TLS and one without, with authentication or not.
  void Start(bool login, const std::string& more = "", int max_connections = 1024) {
    login_ = login;
    plain_port_ = FreePort();
    ServerOptions options;
    options.max_connections = max_connections;
    options.more = {"-Z", "-l", "notls:127.0.0.1:" + std::to_string(plain_port_), "-o",
                    "ssl_chain_cert=" + Path("server.crt") + ",ssl_key=" + Path("server.key") +
                        (more.empty() ? "" : "," + more)};
    if (login) options.more.insert(options.more.end(), {"-Y", Path("users")});
    if (!TestingMemcached()) options.more.emplace_back("--enable-debug-commands");
    StartServer(options);
  }
  std::unique_ptr<Client> New(bool tls, int version = 3) const {
    return std::make_unique<Client>(tls ? server_.port() : plain_port_, tls, version);
  }
  // A client of the port without TLS that may do everything.
  std::unique_ptr<RawSocket> Admin() const {
    auto socket = std::make_unique<RawSocket>(plain_port_);
    if (login_) {
      EXPECT_EQ(socket->Ask(kLogin), "STORED\r\n");
    }
    return socket;
  }
  static int StatOf(RawSocket& socket, const std::string& name) {
    const std::string value = StatOver(&socket, name);
    return value.empty() ? -1 : std::stoi(value);
  }

  // Brings connections to `state` and ends them in every way; then everything must be as before.
  void EndAll(const State& state, bool tls, RawSocket& admin) {
    const size_t before = server_.FdCount();
    const int connections = StatOf(admin, "curr_connections");
    enum Way { kFin, kReset, kHalfClose, kWays };
    for (int way = kFin; way < kWays; way++) {
      std::vector<std::unique_ptr<Client>> clients;
      for (int i = 0; i < 4; i++) {
        // The end comes with the last bytes, or after they were seen to.
        clients.push_back(New(tls, i % 2 == 0 ? 3 : 2));
        state.reach(*clients.back());
        if (i >= 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (way == kFin) clients.back()->socket().Close();
        if (way == kReset) clients.back()->socket().Reset();
        if (way == kHalfClose) clients.back()->socket().HalfClose();
      }
      if (state.owes) clients.clear();
      ASSERT_TRUE(Eventually([&] { return server_.FdCount() <= before; }))
          << server_.FdCount() - before << " descriptors are left of: " << state.name << ", way "
          << way << (tls ? ", TLS" : "") << (login_ ? ", -Y" : "");
      ASSERT_TRUE(Eventually([&] { return StatOf(admin, "curr_connections") <= connections; }))
          << StatOf(admin, "curr_connections") << " connections, not " << connections << ": "
          << state.name << ", way " << way << (tls ? ", TLS" : "") << (login_ ? ", -Y" : "");
    }
  }

  std::filesystem::path folder_;
  int plain_port_ = 0;
  bool login_ = false;
};

TEST_P(EndingsTest, LeaveNothingBehind) {
  for (const bool login : {false, true}) {
    Start(login);
    const auto admin = Admin();
    ASSERT_EQ(admin->Ask(SetRequest("big", Pattern(1, 600'000))), "STORED\r\n");
    for (const bool tls : {false, true}) {
      std::vector<State> states = RawStates(tls);
      if (login) {
        for (State& state : LoginStates()) states.push_back(std::move(state));
      }
      std::vector<State> requests;
      // Who has logged in is served as everybody is.
      if (tls || !login) requests = RequestStates();
      requests.push_back(RepliesUnread(false));
      requests.push_back(RepliesUnread(true));
      for (State& state : requests) {
        state.reach = [tls, login, reach = std::move(state.reach)](Client& c) {
          if (tls) {
            EXPECT_TRUE(c.under_tls->Handshake());
          }
          if (login) {
            EXPECT_EQ(c.Ask(kLogin), "STORED\r\n");
          }
          reach(c);
        };
        states.push_back(std::move(state));
      }
      for (const State& state : states) ASSERT_NO_FATAL_FAILURE(EndAll(state, tls, *admin));
    }
    EXPECT_EQ(admin->Ask("mn\r\n"), "MN\r\n");
    EXPECT_EQ(server_.Stop(), 0);
  }
}

// Whoever has said everything still gets every reply.
TEST_P(EndingsTest, RepliesFollowAHalfClose) {
  Start(false);
  const auto admin = Admin();
  const std::string big = Pattern(2, 600'000);
  ASSERT_EQ(admin->Ask(SetRequest("big", big)), "STORED\r\n");
  std::string requests, replies;
  for (int i = 0; i < 10; i++) {
    requests += "get big\r\nmn\r\nincr nothing 1\r\n";
    replies += ValueReply("big", big) + "END\r\nMN\r\nNOT_FOUND\r\n";
  }
  for (const bool tls : {false, true}) {
    for (const bool notify : {false, true}) {
      if (notify && !tls) continue;
      const auto client = New(tls);
      if (tls) {
        ASSERT_TRUE(client->under_tls->Handshake());
      }
      // The end of a request that never comes is no reason to keep back the replies to the others.
      ASSERT_TRUE(client->Send(requests + "get"));
      if (notify) client->under_tls->CloseNotify();
      client->socket().HalfClose();
      EXPECT_TRUE(client->ReadBytes(replies.size()) == replies) << "TLS: " << tls;
      client->socket().ReadUntilClosed();
      EXPECT_TRUE(client->socket().closed());
    }
  }
}

// More of them than there may be connections, and then somebody who means it.
TEST_P(EndingsTest, AFloodLocksNobodyOut) {
  Start(false);
  const size_t before = server_.FdCount();
  for (const char* text : {"\x16", "mn\r\n"}) {
    for (int i = 0; i < 1'500; i++) {
      RawSocket socket(server_.port());
      socket.Send(text);
    }
    EXPECT_TRUE(Eventually([&] {
      TlsClient client(server_.port());
      return client.Ask("mn\r\n") == "MN\r\n";
    }));
  }
  EXPECT_TRUE(Eventually([&] { return server_.FdCount() <= before; }));
}

// A handshake has its time from the connection's arrival, also of a client that sends something now
// and then. Whoever is done with it may be idle.
TEST_P(EndingsTest, HandshakesHaveATimeLimit) {
  if (TestingMemcached()) GTEST_SKIP() << "it waits for ever";
  Start(false, "ssl_handshake_timeout=1");
  TlsClient served(server_.port());
  ASSERT_TRUE(served.Handshake());
  const size_t before = server_.FdCount();
  std::vector<std::unique_ptr<TlsClient>> late;
  std::vector<std::string> rest;
  for (size_t i = 0; i < 12; i++) {
    late.push_back(std::make_unique<TlsClient>(server_.port()));
    rest.push_back(late.back()->Hello());
    if (i == 0) continue;  // says nothing
    late.back()->socket().Send(rest.back().substr(0, i));
    rest.back().erase(0, i);
  }
  RawSocket plain(plain_port_);
  EXPECT_TRUE(Eventually([&] {
    for (size_t i = 6; i < late.size(); i++) {
      if (rest[i].size() < 50) continue;
      late[i]->socket().Send(rest[i].substr(0, 1));
      rest[i].erase(0, 1);
    }
    return server_.FdCount() <= before + 1;
  }));
  for (const auto& client : late) {
    client->socket().ReadUntilClosed();
    EXPECT_TRUE(client->socket().closed());
  }
  EXPECT_EQ(served.Ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(plain.Ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(StatOf(plain, "ssl_handshake_errors"), static_cast<int>(late.size()));
  TlsClient next(server_.port());
  EXPECT_EQ(next.Ask("mn\r\n"), "MN\r\n");
}

// Who is turned away on a port for TLS is told nothing that he would take for a broken record.
TEST_P(EndingsTest, NoPlainTextBeyondTheLimit) {
  if (TestingMemcached()) GTEST_SKIP() << "it sends its words in the clear";
  constexpr int kConnections = 10;
  Start(false, "", kConnections);
  std::vector<std::unique_ptr<Client>> served;
  for (int i = 0; i < kConnections; i++) {
    served.push_back(New(/*tls=*/i % 2 == 0));
    ASSERT_EQ(served.back()->Ask("mn\r\n"), "MN\r\n");
  }
  RawSocket refused(server_.port());
  EXPECT_EQ(refused.ReadUntilClosed(), "");
  EXPECT_TRUE(refused.closed());
  RawSocket told(plain_port_);
  EXPECT_EQ(told.ReadUntilClosed(), "ERROR Too many open connections\r\n");
}

OVERTAKE_IN_EVERY_MODE(EndingsTest);

}  // namespace
}  // namespace overtake::tests
