// Authentication, and what a connection may begin with.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

constexpr char kRefused[] = "CLIENT_ERROR authentication failure\r\n";
constexpr char kUnauthenticated[] = "CLIENT_ERROR unauthenticated\r\n";

std::string Login(const std::string& user_and_password) {
  return "set auth 0 0 " + std::to_string(user_and_password.size()) + "\r\n" + user_and_password +
         "\r\n";
}

class AuthTest : public ServerTest {
 protected:
  AuthTest() {
    std::string name = "/tmp/overtake-users-XXXXXX";
    close(mkstemp(name.data()));
    file_ = name;
  }
  ~AuthTest() override { std::remove(file_.c_str()); }

  void WriteUsers(const std::string& users) const { std::ofstream(file_) << users; }
  void StartWith(const std::string& users) {
    WriteUsers(users);
    ServerOptions options;
    options.more = {"-Y", file_};
    StartServer(options);
  }
  // What the server says to this on a connection of its own.
  std::string Answer(const std::string& bytes) const {
    RawSocket socket = Connect();
    return socket.Ask(bytes);
  }
  Finished RunServer(std::vector<std::string> flags) const {
    flags.insert(flags.begin(), GetParam().flags.begin(), GetParam().flags.end());
    return RunToEnd(ServerBinary(), flags);
  }

  std::string file_;
};

TEST_P(AuthTest, WhoIsKnownMayUseTheServer) {
  StartWith("u:p\nsecond:with:colon\r\nlast:no newline:");
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("get k\r\n"), kUnauthenticated);
  EXPECT_EQ(socket.Ask(Login("u q")), kRefused);
  EXPECT_EQ(socket.Ask(Login("u p")), "STORED\r\n");
  // Everything behind it is ordinary, the same again included.
  EXPECT_EQ(socket.Ask(Login("u p") + "get auth\r\n", "END\r\n"),
            "STORED\r\nVALUE auth 0 3\r\nu p\r\nEND\r\n");
  EXPECT_EQ(Answer(Login("second with:colon")), "STORED\r\n");
  EXPECT_EQ(Answer(Login("last no")), kRefused);
  EXPECT_EQ(Answer("mn\r\n"), kUnauthenticated) << "each connection for itself";
  const std::string stats = socket.Ask("stats\r\n", "END\r\n");
  EXPECT_NE(stats.find("STAT auth_cmds 4\r\nSTAT auth_errors 2\r\n"), std::string::npos) << stats;
}

TEST_P(AuthTest, WhatALoginLooksLike) {
  StartWith("u:p\n");
  const struct {
    std::string bytes, answer;
  } cases[] = {
      {"\r\n", kUnauthenticated},
      {"quit\r\n", kUnauthenticated},
      {"version\r\n", kUnauthenticated},
      {"set k 0 0\r\n", kUnauthenticated},
      {"set k 0 0 x\r\n", kUnauthenticated},
      {"set k 0 0 -1\r\n", kUnauthenticated},
      {"set k 0 0 3x\r\n", kUnauthenticated},
      {"set k 0 0 18446744073709551619\r\n", kUnauthenticated},
      {"set k 0 0 +3\r\n", kUnauthenticated},
      {"set k 0 0 4294967299\r\n", kUnauthenticated},
      {"set k 0 0 3\r\nu pXX", "CLIENT_ERROR bad command line termination\r\n"},
      {"set k 0 0 0\r\n\r\n", "CLIENT_ERROR bad authentication token format\r\n"},
      {"set k 0 0 1\r\nu\r\n", "CLIENT_ERROR bad authentication token format\r\n"},
      {"set k 0 0 4\r\nu  q\r\n", kRefused},
      {"set k 0 0 3\nu p\r\n", "STORED\r\n"},
      {"set k 0 0 3 noreply\r\nu p\r\n", "STORED\r\n"},
      {" set k a b  03 more\r\nu p\r\n", "STORED\r\n"},
      {std::string("set k\0 0 0 3\r\nu p\r\n", 19), "STORED\r\n"},
      {"set " + std::string(600, 'k') + " 0 0 7\r\n u p  x\r\n", "STORED\r\n"},
      {std::string("set k 0 0 5\r\nu p\0x\r\n", 20), "STORED\r\n"},
      {"set k 0 0 16000\r\nu p" + std::string(15997, ' ') + "\r\n", "STORED\r\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(Answer(c.bytes), c.answer) << c.bytes.substr(0, 40);
}

TEST_P(AuthTest, LoginCutAnywhere) {
  StartWith("u:p\n");
  const std::string bytes = "get a\r\n" + Login("u q") + Login("u p") + "get k\r\n";
  const std::string answer = std::string(kUnauthenticated) + kRefused + "STORED\r\nEND\r\n";
  for (size_t cut = 1; cut < bytes.size(); cut++) {
    RawSocket socket = Connect();
    // memcached sends only the last of replies to what it finds in one read.
    if (TestingMemcached()) break;
    ASSERT_TRUE(socket.SendInPieces(bytes, {cut}));
    ASSERT_EQ(socket.ReadUntil("END\r\n"), answer) << "cut at " << cut;
  }
}

TEST_P(AuthTest, ALineWithoutEndIsClosed) {
  StartWith("u:p\n");
  RawSocket socket = Connect();
  socket.Send(std::string(2049, 'x'));
  EXPECT_EQ(socket.ReadUntilClosed(), "");
  EXPECT_TRUE(socket.closed());
  EXPECT_EQ(Answer(Login("u p")), "STORED\r\n");
}

TEST_P(AuthTest, WhatIsTooLongIsRefusedAtOnce) {
  if (TestingMemcached()) GTEST_SKIP() << "1.6.18 closes";
  StartWith("u:p\n");
  constexpr char kTooLong[] = "CLIENT_ERROR auth token too long\r\n";
  EXPECT_EQ(Answer("set k 0 0 16384\r\nu p" + std::string(16381, ' ') + "\r\n"), "STORED\r\n");
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("set k 0 0 16385\r\n"), kTooLong);
  // The block is no login, and no line.
  std::string block = Login("u p");
  block.resize(16385, '\n');
  EXPECT_EQ(socket.Ask(block + "\r\n" + Login("u p")), "STORED\r\n");
  for (const char* bytes : {"2147483646", "4294967295"}) {
    EXPECT_EQ(Answer("set k 0 0 " + std::string(bytes) + "\r\n"), kTooLong) << bytes;
  }
  EXPECT_EQ(Answer("set k 0 0 4294967296\r\n"), kUnauthenticated);
}

TEST_P(AuthTest, UsersAreReadAgain) {
  StartWith("u:p\n");
  RawSocket live = Connect();
  ASSERT_EQ(live.Ask(Login("u p")), "STORED\r\n");
  WriteUsers("u:new\n");
  kill(server_.pid(), SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Answer(Login("u new")) == "STORED\r\n"; }));
  EXPECT_EQ(Answer(Login("u p")), kRefused);
  EXPECT_EQ(live.Ask("mn\r\n"), "MN\r\n") << "who is in stays";
  // A broken file changes nothing.
  WriteUsers("nonsense\n");
  kill(server_.pid(), SIGHUP);
  if (!TestingMemcached()) {
    EXPECT_TRUE(Eventually([&] { return server_.Stderr().find("stay as they are") != SIZE_MAX; }));
  }
  EXPECT_EQ(Answer(Login("u new")), "STORED\r\n");
}

TEST_P(AuthTest, FilesThatAreWrong) {
  if (TestingMemcached()) GTEST_SKIP() << "it does not know the mode's flags";
  const Finished missing = RunServer({"-p", "-1", "-Y", "/nonexistent"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("Could not open authfile [/nonexistent] for reading"),
            std::string::npos)
      << missing.err;
  for (const std::string& users : {std::string("u\n"), std::string("u:p\n\nv:w\n")}) {
    WriteUsers(users);
    const Finished finished = RunServer({"-p", "-1", "-Y", file_});
    EXPECT_EQ(finished.exit_code, 1) << users;
    EXPECT_NE(finished.err.find("malformed entry. Should be 'user:password'"), std::string::npos)
        << finished.err;
  }
}

TEST_P(AuthTest, OnlyTheFirstEightCount) {
  std::string users;
  for (int i = 1; i <= 9; i++) users += "u" + std::to_string(i) + ":p\n";
  StartWith(users);
  EXPECT_EQ(Answer(Login("u8 p")), "STORED\r\n");
  EXPECT_EQ(Answer(Login("u9 p")), kRefused);
}

TEST_P(AuthTest, BinaryProtocolIsClosedWithALogLine) {
  if (TestingMemcached()) GTEST_SKIP() << "it speaks it";
  StartServer();
  RawSocket socket = Connect();
  ASSERT_TRUE(socket.Send(std::string("\x80\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24)));
  EXPECT_EQ(socket.ReadUntilClosed(), "");
  EXPECT_TRUE(socket.closed());
  const std::string log = server_.Stderr();
  EXPECT_NE(log.find("the binary protocol (magic byte 0x80) is not supported"), std::string::npos)
      << log;
  EXPECT_NE(log.find("127.0.0.1:"), std::string::npos) << log;
  // Who does it often cannot fill the log.
  for (int i = 0; i < 100; i++) Connect().Send("\x80");
  EXPECT_EQ(Connect().Ask("mn\r\n"), "MN\r\n");
  EXPECT_LT(server_.Stderr().size(), 100 * log.size() / 2);
}

OVERTAKE_IN_EVERY_MODE(AuthTest);

}  // namespace
}  // namespace overtake::tests
