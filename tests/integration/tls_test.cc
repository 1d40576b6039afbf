// TLS: requests over it, what is wrong with clients, and certificates that change.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/eventually.h"
#include "tests/support/server_test.h"
#include "tests/support/tls_client.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class TlsTest : public ServerTest {
 protected:
  TlsTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
    MakeCertificate(Path("server"));
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  // Starts the server with TLS, and a port without it for statistics.
  void StartTls(const std::string& more = "", std::vector<std::string> flags = {}) {
    plain_port_ = FreePort();
    ServerOptions options;
    options.more = {"-Z", "-l", "notls:127.0.0.1:" + std::to_string(plain_port_), "-o",
                    "ssl_chain_cert=" + Path("server.crt") + ",ssl_key=" + Path("server.key") +
                        (more.empty() ? "" : "," + more)};
    options.more.insert(options.more.end(), flags.begin(), flags.end());
    StartServer(options);
  }
  RawSocket Plain() const { return RawSocket(plain_port_); }
  // Replaces the server's certificate by one with this name.
  void Replace(const std::string& name, const CertificateSpec& spec = {}) {
    CertificateSpec named = spec;
    named.name = name;
    MakeCertificate(Path("server"), named);
  }
  std::string NewClientSees() const {
    TlsClient client(server_.port());
    return client.Ask("mn\r\n") == "MN\r\n" ? client.PeerName() : "";
  }

  std::filesystem::path folder_;
  int plain_port_ = 0;
};

TEST_P(TlsTest, LargeAndManyRequests) {
  StartTls();
  const std::string big = Pattern(7, 900'000);
  for (const int version : {2, 3}) {
    TlsClient client(server_.port(), {.version = version});
    ASSERT_TRUE(client.Handshake()) << "TLS 1." << version;
    ASSERT_EQ(client.Ask(SetRequest("big", big)), "STORED\r\n");
    std::string requests, replies;
    for (int i = 0; i < 300; i++) {
      const std::string key = "k" + std::to_string(i), value = Pattern(i, i);
      requests += SetRequest(key, value) + "get " + key + "\r\n";
      replies += "STORED\r\n" + ValueReply(key, value) + "END\r\n";
    }
    requests += "get big big big big\r\nmn\r\n";
    for (int i = 0; i < 4; i++) replies += ValueReply("big", big);
    replies += "END\r\nMN\r\n";
    ASSERT_TRUE(client.Send(requests));
    EXPECT_TRUE(client.ReadBytes(replies.size()) == replies) << "TLS 1." << version;
  }
  RawSocket plain = Plain();
  EXPECT_EQ(plain.Ask("get k1\r\n", "END\r\n"), ValueReply("k1", Pattern(1, 1)) + "END\r\n");
}

// Requests that come in a record each are all answered, whatever arrived together.
TEST_P(TlsTest, ManyRecordsAtOnce) {
  StartTls();
  TlsClient client(server_.port());
  ASSERT_TRUE(client.Handshake());
  std::string records, replies;
  for (int i = 0; i < 200; i++) {
    records += client.Encrypt("incr n 1\r\n");
    replies += "NOT_FOUND\r\n";
  }
  ASSERT_TRUE(client.socket().Send(records));
  EXPECT_EQ(client.ReadBytes(replies.size()), replies);
}

TEST_P(TlsTest, BytesCutAnywhere) {
  StartTls();
  for (const int version : {2, 3}) {
    for (const size_t piece : {1, 3, 7, 64}) {
      TlsClient client(server_.port(), {.version = version, .piece_bytes = piece});
      ASSERT_EQ(client.Ask("set k 0 0 5\r\nvalue\r\nget k\r\n", "END\r\n"),
                "STORED\r\n" + ValueReply("k", "value") + "END\r\n")
          << "TLS 1." << version << " in pieces of " << piece;
    }
  }
}

// A client that does not read is not read from, harms nobody, and gets every byte in the end.
TEST_P(TlsTest, SlowReader) {
  StartTls();
  const std::string big = Pattern(3, 500'000);
  TlsClient other(server_.port()), slow(server_.port(), {.receive_buffer = 8192});
  ASSERT_EQ(other.Ask(SetRequest("big", big)), "STORED\r\n");
  ASSERT_TRUE(slow.Handshake());
  std::string requests;
  for (int i = 0; i < 20; i++) requests += "get big big\r\n";
  ASSERT_TRUE(slow.Send(requests + "mn\r\n"));
  for (int i = 0; i < 50; i++) ASSERT_EQ(other.Ask("mn\r\n"), "MN\r\n");
  const std::string once = ValueReply("big", big) + ValueReply("big", big) + "END\r\n";
  for (int i = 0; i < 20; i++) ASSERT_TRUE(slow.ReadBytes(once.size()) == once) << i;
  EXPECT_EQ(slow.ReadBytes(4), "MN\r\n");
}

TEST_P(TlsTest, HalfHandshakesHarmNobody) {
  StartTls("idle_timeout=1");
  std::vector<std::unique_ptr<TlsClient>> halves;
  for (size_t i = 0; i < 60; i++) {
    halves.push_back(std::make_unique<TlsClient>(server_.port(),
                                                 TlsClientOptions{.version = i % 2 == 0 ? 2 : 3}));
    const std::string hello = halves.back()->Hello();
    ASSERT_TRUE(halves.back()->socket().Send(hello.substr(0, hello.size() * i / 60)));
  }
  TlsClient client(server_.port());
  EXPECT_EQ(client.Ask("mn\r\n"), "MN\r\n");
  // They are idle, however much they had begun to say.
  for (auto& half : halves) {
    half->socket().ReadUntilClosed();
    EXPECT_TRUE(half->socket().closed());
  }
}

TEST_P(TlsTest, ManyHandshakesAtOnce) {
  StartTls();
  TlsClient before(server_.port());
  ASSERT_EQ(before.Ask("set k 0 0 1\r\n0\r\n"), "STORED\r\n");
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < 100; i++) {
    clients.push_back(std::make_unique<TlsClient>(server_.port()));
    ASSERT_TRUE(clients.back()->socket().Send(clients.back()->Hello()));
  }
  for (int i = 0; i < 20; i++)
    EXPECT_EQ(before.Ask("incr k 1\r\n"), std::to_string(i + 1) + "\r\n");
  for (auto& client : clients) EXPECT_EQ(client->Ask("mn\r\n"), "MN\r\n");
}

TEST_P(TlsTest, PlainTextIsNotAnswered) {
  StartTls();
  for (const char* text : {"get k\r\n", "GET / HTTP/1.1\r\n\r\n"}) {
    RawSocket socket = Connect();
    ASSERT_TRUE(socket.Send(text));
    // An alert in TLS's own format may come.
    EXPECT_EQ(socket.ReadUntilClosed().find("END"), std::string::npos);
    EXPECT_TRUE(socket.closed());
  }
  RawSocket gone = Connect();
  gone.Close();
  if (TestingMemcached()) return;  // it counts those whose first bytes came with the connection
  const std::string stats = Plain().Ask("stats\r\n", "END\r\n");
  EXPECT_NE(stats.find("STAT ssl_handshake_errors 2\r\n"), std::string::npos) << stats;
  EXPECT_NE(server_.Stderr().find("does not speak TLS"), std::string::npos) << server_.Stderr();
}

TEST_P(TlsTest, EndsAreSaid) {
  StartTls();
  TlsClient quits(server_.port()), notifies(server_.port());
  ASSERT_EQ(quits.Ask("mn\r\n"), "MN\r\n");
  ASSERT_TRUE(quits.Send("set k 0 0 1\r\nv\r\nquit\r\n"));
  EXPECT_EQ(quits.ReadUntilClosed(), "STORED\r\n");
  EXPECT_TRUE(quits.notified());
  ASSERT_TRUE(notifies.Handshake());
  ASSERT_TRUE(notifies.Send("get k\r\n"));
  notifies.CloseNotify();
  notifies.socket().ReadUntilClosed();
  EXPECT_TRUE(notifies.socket().closed());
}

TEST_P(TlsTest, CertificatesAreRefreshed) {
  StartTls();
  TlsClient live(server_.port());
  ASSERT_EQ(live.Ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(live.PeerName(), "localhost");
  Replace("second");
  EXPECT_EQ(NewClientSees(), "localhost") << "not before it is told to";
  EXPECT_EQ(live.Ask("refresh_certs\r\n"), "OK\r\n");
  EXPECT_EQ(NewClientSees(), "second");

  // What is broken changes nothing.
  MakeCertificate(Path("other"));
  std::filesystem::copy_file(Path("other.key"), Path("server.key"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(live.Ask("refresh_certs\r\n").starts_with("Error loading the key: "));
  EXPECT_EQ(NewClientSees(), "second");
  std::filesystem::remove(Path("server.crt"));
  EXPECT_TRUE(live.Ask("refresh_certs\r\n").starts_with("Error loading the certificate chain: "));
  EXPECT_EQ(NewClientSees(), "second");
  if (!TestingMemcached()) {  // it would take an old one
    Replace("expired", {.from_days = -30, .until_days = -1});
    EXPECT_NE(live.Ask("refresh_certs\r\n").find("certificate has expired"), std::string::npos);
    EXPECT_EQ(NewClientSees(), "second");
  }

  Replace("third");
  live.Send("refresh_certs noreply\r\nmn\r\n");
  EXPECT_EQ(live.ReadUntil("\r\n"), "MN\r\n");
  EXPECT_EQ(NewClientSees(), "third");
}

TEST_P(TlsTest, CertificatesAreReadAgainAtAHangUp) {
  StartTls();
  TlsClient live(server_.port());
  ASSERT_EQ(live.Ask("mn\r\n"), "MN\r\n");
  Replace("second");
  kill(server_.pid(), SIGHUP);
  EXPECT_TRUE(Eventually([&] { return NewClientSees() == "second"; }));
  // What is broken changes nothing.
  MakeCertificate(Path("other"));
  std::filesystem::copy_file(Path("other.key"), Path("server.key"),
                             std::filesystem::copy_options::overwrite_existing);
  kill(server_.pid(), SIGHUP);
  if (!TestingMemcached()) {
    EXPECT_TRUE(Eventually([&] {
      return server_.Stderr().find("the certificates stay as they are") != std::string::npos;
    }));
  }
  EXPECT_EQ(NewClientSees(), "second");
  EXPECT_EQ(live.Ask("mn\r\n"), "MN\r\n");
}

// Each port says whether its clients have to show a certificate.
TEST_P(TlsTest, CertificatesByPort) {
  MakeCertificate(Path("authority"), {.name = "authority"});
  MakeCertificate(Path("client"), {.name = "client", .issuer = Path("authority")});
  MakeCertificate(Path("stranger"), {.name = "stranger"});
  for (const bool all_have_to : {false, true}) {
    const int basic = FreePort(), mutual = FreePort();
    StartTls("ssl_ca_cert=" + Path("authority.crt") + (all_have_to ? ",ssl_verify_mode=2" : ""),
             {"-l", "btls:127.0.0.1:" + std::to_string(basic) +
                        ";mtls:proto[ascii]:tag[x]:127.0.0.1:" + std::to_string(mutual)});
    for (const int version : {2, 3}) {
      const auto answers = [version](int port, const std::string& certificate) {
        TlsClient client(port, {.version = version, .certificate = certificate});
        return client.Ask("mn\r\n") == "MN\r\n";
      };
      SCOPED_TRACE(version);
      EXPECT_TRUE(answers(basic, ""));
      EXPECT_TRUE(answers(basic, Path("stranger")));
      EXPECT_FALSE(answers(mutual, ""));
      EXPECT_FALSE(answers(mutual, Path("stranger")));
      EXPECT_TRUE(answers(mutual, Path("client")));
      EXPECT_EQ(answers(server_.port(), ""), !all_have_to);
    }
    EXPECT_EQ(Plain().Ask("mn\r\n"), "MN\r\n");
    EXPECT_EQ(server_.Stop(), 0);
  }
}

// Where no certificate was shown, none is shown by going on with that session elsewhere.
TEST_P(TlsTest, SessionsStayAtTheirKindOfPort) {
  if (TestingMemcached()) GTEST_SKIP();
  MakeCertificate(Path("authority"), {.name = "authority"});
  const int basic = FreePort(), mutual = FreePort();
  StartTls("ssl_session_cache,ssl_ca_cert=" + Path("authority.crt"),
           {"-l", "btls:127.0.0.1:" + std::to_string(basic) +
                      ",mtls:127.0.0.1:" + std::to_string(mutual)});
  for (const int version : {2, 3}) {
    SCOPED_TRACE(version);
    TlsClient first(basic, {.version = version});
    ASSERT_EQ(first.Ask("mn\r\n"), "MN\r\n");
    TlsClient again(basic, {.version = version, .resumes = &first});
    EXPECT_EQ(again.Ask("mn\r\n"), "MN\r\n");
    EXPECT_TRUE(again.resumed());
    TlsClient elsewhere(mutual, {.version = version, .resumes = &first});
    EXPECT_EQ(elsewhere.Ask("mn\r\n"), "");
  }
}

TEST_P(TlsTest, ErrorsAfterTheHandshakeAreCounted) {
  if (TestingMemcached()) GTEST_SKIP() << "1.6.18 does not";
  StartTls();
  TlsClient client(server_.port());
  ASSERT_EQ(client.Ask("mn\r\n"), "MN\r\n");
  ASSERT_TRUE(client.socket().Send(std::string(100, 'x')));
  client.socket().ReadUntilClosed();
  const std::string stats = Plain().Ask("stats\r\n", "END\r\n");
  EXPECT_NE(stats.find("STAT ssl_handshake_errors 0\r\nSTAT ssl_proto_errors 1\r\n"
                       "STAT time_since_server_cert_refresh "),
            std::string::npos)
      << stats;
}

TEST_P(TlsTest, ClientsCertificates) {
  MakeCertificate(Path("authority"), {.name = "authority"});
  MakeCertificate(Path("client"), {.name = "client", .issuer = Path("authority")});
  MakeCertificate(Path("stranger"), {.name = "stranger"});
  StartTls("ssl_verify_mode=2,ssl_ca_cert=" + Path("authority.crt"));
  for (const int version : {2, 3}) {
    TlsClient client(server_.port(), {.version = version, .certificate = Path("client")});
    EXPECT_EQ(client.Ask("mn\r\n"), "MN\r\n");
    TlsClient anonymous(server_.port(), {.version = version});
    EXPECT_EQ(anonymous.Ask("mn\r\n"), "");
    TlsClient stranger(server_.port(), {.version = version, .certificate = Path("stranger")});
    EXPECT_EQ(stranger.Ask("mn\r\n"), "");
  }
}

TEST_P(TlsTest, NewestVersionOnly) {
  StartTls("ssl_min_version=3,ssl_session_cache");
  TlsClient old(server_.port(), {.version = 2});
  EXPECT_FALSE(old.Handshake());
  EXPECT_EQ(TlsClient(server_.port()).Ask("mn\r\n"), "MN\r\n");
  const std::string settings = Plain().Ask("stats settings\r\n", "END\r\n");
  for (const char* line : {"ssl_enabled yes", "ssl_min_version tlsv1.3", "ssl_session_cache yes",
                           "ssl_verify_mode 0", "ssl_wbuf_size 16384"}) {
    EXPECT_NE(settings.find("STAT " + std::string(line) + "\r\n"), std::string::npos) << settings;
  }
}

TEST_P(TlsTest, WhatIsWrongAtTheStart) {
  MakeCertificate(Path("other"));
  MakeCertificate(Path("expired"), {.from_days = -30, .until_days = -1});
  struct {
    std::string options;
    int exit_code;
    std::string message;
  } const cases[] = {
      {"ssl_key=" + Path("server.key"), 64, "Error loading the certificate chain: "},
      {"ssl_chain_cert=" + Path("none"), 64,
       "Error loading the certificate chain: " + Path("none")},
      {"ssl_chain_cert=" + Path("server.crt") + ",ssl_key=" + Path("other.key"), 64,
       "Error loading the key: " + Path("other.key")},
      {"ssl_chain_cert=" + Path("expired.crt") + ",ssl_key=" + Path("expired.key"), 64,
       "certificate has expired"},
      {"ssl_ciphers=nonsense,ssl_chain_cert=" + Path("server.crt"), 64,
       "Error setting the provided cipher(s): nonsense"},
      {"ssl_chain_cert", 64, "Missing ssl_chain_cert argument"},
      {"ssl_verify_mode=4", 64, "Invalid ssl_verify_mode"},
      {"ssl_min_version=tlsv1.2", 64, "could not parse argument to ssl_min_version"},
      {"ssl_nonsense=1", 64, "ssl_nonsense"},
  };
  if (TestingMemcached()) GTEST_SKIP() << "it serves with what has expired";
  for (const auto& wrong : cases) {
    auto flags = GetParam().flags;
    flags.insert(flags.end(), {"-Z", "-p", "-1", "-l", "127.0.0.1", "-o", wrong.options});
    const Finished finished = RunToEnd(ServerBinary(), flags);
    EXPECT_EQ(finished.exit_code, wrong.exit_code) << wrong.options;
    EXPECT_NE(finished.err.find(wrong.message), std::string::npos) << finished.err;
  }
}

TEST_P(TlsTest, SmallRecords) {
  StartTls("ssl_wbuf_size=4");
  const std::string big = Pattern(9, 300'000);
  TlsClient client(server_.port());
  ASSERT_EQ(client.Ask(SetRequest("big", big)), "STORED\r\n");
  const std::string reply = ValueReply("big", big) + "END\r\n";
  ASSERT_TRUE(client.Send("get big\r\n"));
  EXPECT_TRUE(client.ReadBytes(reply.size()) == reply);
}

OVERTAKE_IN_EVERY_MODE(TlsTest);

}  // namespace
}  // namespace overtake::tests
