// What the server writes to standard error, for people.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

class LogTest : public ServerTest {
 protected:
  LogTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~LogTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  void StartWith(const std::vector<std::string>& flags) {
    ServerOptions options;
    options.more = flags;
    StartServer(options);
  }
  // The same by a shell, which may see to its standard error first.
  void StartBehind(const std::string& script, const std::vector<std::string>& flags) {
    ServerOptions options;
    options.more = flags;
    std::vector<std::string> words = {"-c", script + "exec \"$@\"", "sh", ServerBinary()};
    const std::vector<std::string> arguments = ServerArguments(GetParam(), options);
    words.insert(words.end(), arguments.begin(), arguments.end());
    ASSERT_TRUE(server_.Start("sh", words));
  }

  // Waits for `text` in the log.
  bool Says(const std::string& text) const {
    return Eventually([&] { return server_.Stderr().find(text) != std::string::npos; });
  }
  // What the log says of connections and requests, without times and descriptors.
  std::string Talk() const {
    std::string log =
        std::regex_replace(server_.Stderr(), std::regex(R"((^|\n)\S+ ([<>])\d+)"), "$1$2");
    return std::regex_replace(log, std::regex(R"(127\.0\.0\.1:\d+)"), "ADDRESS");
  }

  std::filesystem::path folder_;
};

TEST_P(LogTest, SaysNothingUnlessAsked) {
  StartServer();
  EXPECT_EQ(Connect().Ask("get k\r\nfoo\r\n", "ERROR\r\n"), "END\r\nERROR\r\n");
  EXPECT_EQ(server_.Stderr(), "");
}

TEST_P(LogTest, ConnectionsWithOneV) {
  if (TestingMemcached()) GTEST_SKIP() << "it tells them with two";
  StartWith({"-v"});
  EXPECT_EQ(Connect().Ask("get k\r\n"), "END\r\n");
  EXPECT_TRUE(Says(" connection closed.\n"));
  const std::string talk = Talk();
  EXPECT_NE(talk.find("< new client connection from ADDRESS\n"), std::string::npos) << talk;
  EXPECT_EQ(talk.find("get k"), std::string::npos) << talk;
}

// As memcached shows them.
TEST_P(LogTest, RequestsWithTwo) {
  StartWith({"-vv"});
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("set k 3 0 2\r\nab\r\n"), "STORED\r\n");
  EXPECT_EQ(socket.Ask("get none\r\n"), "END\r\n");
  EXPECT_EQ(socket.Ask("foo bar\r\n"), "ERROR\r\n");
  EXPECT_EQ(socket.Ask("set n 0 0 1 noreply\r\n5\r\nmn\r\n"), "MN\r\n");
  EXPECT_EQ(socket.Ask("quit\r\n"), "");
  EXPECT_TRUE(Says(" connection closed.\n"));
  if (TestingMemcached()) return;  // it writes no time
  const std::string talk = Talk();
  EXPECT_NE(talk.find("< set k 3 0 2\n> STORED\n< get none\n> END\n< foo bar\n> ERROR\n"
                      "< set n 0 0 1 noreply\n> NOREPLY\n< mn\n> MN\n< quit\n"
                      "< connection closed.\n"),
            std::string::npos)
      << talk;
}

TEST_P(LogTest, EachRequestAndReplyHasOneLine) {
  if (TestingMemcached()) GTEST_SKIP();
  StartWith({"-vv"});
  RawSocket socket = Connect();
  const std::string value(300'000, 'v');
  ASSERT_EQ(socket.Ask("set big 0 0 300000\r\n" + value + "\r\n"), "STORED\r\n");
  // Its reply comes in parts; what is pipelined behind it has a line each all the same.
  std::string get = "get big big big big big big big big\r\n";
  EXPECT_TRUE(socket.Ask(get + "get none\r\nmg big s\r\nmg none v q\r\nmn\r\n", "MN\r\n")
                  .ends_with("HD s300000\r\nMN\r\n"));
  ASSERT_TRUE(Says(" MN\n"));
  const std::string talk = Talk();
  EXPECT_NE(talk.find("< get big big big big big big big big\n> VALUE big 0 300000\n"
                      "< get none\n> END\n< mg big s\n> HD s300000\n< mg none v q\n< mn\n> MN\n"),
            std::string::npos)
      << talk;
  EXPECT_EQ(talk.find("vvvv"), std::string::npos) << "no values";
}

TEST_P(LogTest, VerbosityChangesAtRunTime) {
  if (TestingMemcached()) GTEST_SKIP();
  StartServer();
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("get before\r\nverbosity 2\r\n", "OK\r\n"), "END\r\nOK\r\n");
  EXPECT_EQ(socket.Ask("get during\r\n"), "END\r\n");
  EXPECT_EQ(socket.Ask("verbosity 0\r\n"), "OK\r\n");
  EXPECT_EQ(socket.Ask("get after\r\n"), "END\r\n");
  EXPECT_NE(Talk().find("< get during\n> END\n< verbosity 0\n"), std::string::npos) << Talk();
  EXPECT_EQ(Talk().find("before"), std::string::npos) << Talk();
  EXPECT_EQ(Talk().find("after"), std::string::npos) << Talk();
}

TEST_P(LogTest, HostileBytesStayOnALine) {
  if (TestingMemcached()) GTEST_SKIP() << "it writes what comes";
  StartWith({"-vv"});
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("get \x1b[2J\x07\xff\r\n"), "END\r\n");
  EXPECT_EQ(socket.Ask("foo\r<28 get forged\r\n"), "ERROR\r\n");
  EXPECT_EQ(socket.Ask("get " + std::string(1500, 'x') + "\r\n"),
            "CLIENT_ERROR bad command line format\r\n");
  const std::string log = server_.Stderr();
  EXPECT_NE(log.find(R"(get \x1b[2J\x07\xff)"), std::string::npos) << log;
  EXPECT_NE(log.find(R"(foo\x0d<28 get forged)"), std::string::npos) << log;
  EXPECT_NE(log.find("x... (1504 bytes)\n"), std::string::npos) << log;
  EXPECT_EQ(log.find_first_of("\r\x1b\x07\xff"), std::string::npos) << log;
}

// With -Y a data block may be a password.
TEST_P(LogTest, PasswordsAreNotLogged) {
  if (TestingMemcached()) GTEST_SKIP();
  const std::string users = Path("users");
  std::ofstream(users) << "user:secret\n";
  StartWith({"-vv", "-Y", users});
  RawSocket socket = Connect();
  EXPECT_EQ(socket.Ask("set a 0 0 12\r\nuser hidden1\r\n"),
            "CLIENT_ERROR authentication failure\r\n");
  socket.SendInPieces("set a 0 0 11\r\nuser secret\r\n", {14, 18});
  EXPECT_EQ(socket.ReadUntil("\r\n"), "STORED\r\n");
  EXPECT_EQ(socket.Ask("get k\r\n"), "END\r\n");
  EXPECT_NE(Talk().find("> CLIENT_ERROR authentication failure\n> STORED\n< get k\n> END\n"),
            std::string::npos)
      << Talk();
  EXPECT_EQ(Talk().find("hidden1"), std::string::npos);
  EXPECT_EQ(Talk().find("secret"), std::string::npos);
}

TEST_P(LogTest, SaysWhoSpeaksAnotherProtocol) {
  if (TestingMemcached()) GTEST_SKIP();
  StartServer();
  RawSocket http = Connect();
  EXPECT_TRUE(http.Send("GET /stats HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(http.ReadUntilClosed(), "");
  RawSocket binary = Connect();
  EXPECT_TRUE(binary.Send(std::string("\x80\0\0\0", 4)));
  EXPECT_EQ(binary.ReadUntilClosed(), "");
  EXPECT_TRUE(std::regex_match(
      server_.Stderr(),
      std::regex("\\S+ closing the connection from 127.0.0.1:\\d+: it speaks HTTP\n"
                 "\\S+ closing the connection from 127.0.0.1:\\d+: the binary protocol [^\n]*\n")))
      << server_.Stderr();
}

TEST_P(LogTest, TimesUnlessTheJournalKeepsThem) {
  if (TestingMemcached()) GTEST_SKIP();
  StartWith({"-v"});
  Connect();
  ASSERT_TRUE(Says(" connection closed.\n"));
  const std::regex timed(
      "(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}[+-]\\d\\d:?\\d\\d [^\n]*\n)+");
  EXPECT_TRUE(std::regex_match(server_.Stderr(), timed)) << server_.Stderr();
  EXPECT_EQ(server_.Stop(), 0);

  StartBehind("JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) ; export JOURNAL_STREAM; ",
              {"-v"});
  Connect();
  ASSERT_TRUE(Says(" connection closed.\n"));
  EXPECT_TRUE(server_.Stderr().starts_with("listening on port ")) << server_.Stderr();
}

// Nobody reads the log: requests are answered, and later it says what it lacks.
TEST_P(LogTest, ALogThatNobodyReadsStopsNobody) {
  if (TestingMemcached()) GTEST_SKIP() << "it waits for ever";
  // The log goes to a pipe, whose other end is read once there is the file `go`.
  const std::string go = Path("go");
  const std::string pipe = Path("pipe");
  StartBehind("mkfifo " + pipe + "; (while [ -p " + pipe + " ] && [ ! -e " + go +
                  " ]; do sleep 0.05; done; cat) <" + pipe + " >&2 & exec 2>" + pipe + "; ",
              {"-vv"});
  RawSocket socket = Connect();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 3000; i++)
    ASSERT_EQ(socket.Ask("get " + std::string(50, 'k') + "\r\n"), "END\r\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5 * kPatience));
  std::ofstream(go) << "";
  EXPECT_TRUE(Eventually([&] {
    EXPECT_EQ(socket.Ask("mn\r\n"), "MN\r\n");
    return server_.Stderr().find(" lines of the log were left out") != std::string::npos;
  })) << server_.Stderr().size();
}

OVERTAKE_IN_EVERY_MODE(LogTest);

}  // namespace
}  // namespace overtake::tests
