// How the server starts: where it listens, its pid file, and what the system may refuse it.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/proc.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

using Words = std::vector<std::string>;

constexpr int kUsage = 64;    // sysexits.h
constexpr int kRefused = 71;  // EX_OSERR

class StartTest : public ServerTest {
 protected:
  StartTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~StartTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  // `before`, the server and its flags: a command line of `before`, which then becomes the server.
  static Words Behind(Words before, const Words& flags) {
    before.push_back(ServerBinary());
    before.insert(before.end(), flags.begin(), flags.end());
    return before;
  }
  // Runs it behind `before` until it ends.
  Finished RunBehind(const Words& before, const Words& flags) const {
    ServerOptions options;
    options.more = flags;
    Words words = Behind(before, ServerArguments(GetParam(), options));
    const std::string first = words.front();
    words.erase(words.begin());
    return RunToEnd(first, words);
  }
  void StartBehind(const Words& before, const Words& flags) {
    ServerOptions options;
    options.more = flags;
    Words words = Behind(before, ServerArguments(GetParam(), options));
    const std::string first = words.front();
    words.erase(words.begin());
    ASSERT_TRUE(server_.Start(first, words));
  }
  void StartWith(const Words& flags) { StartBehind({"env"}, flags); }

  // Without the right to lock any amount of memory, or to raise a limit, which root has.
  static Words WithMemoryLock(const std::string& limit) {
    Words words = {"prlimit", "--memlock=" + limit + ":" + limit};
    if (geteuid() == 0) {
      const Words drop = {"setpriv", "--inh-caps=-all", "--bounding-set=-ipc_lock,-sys_resource"};
      words.insert(words.end(), drop.begin(), drop.end());
    }
    return words;
  }
  // Whether the test may set it.
  static bool CanBeTheLimit(const std::string& limit) {
    return RunToEnd("prlimit", {"--memlock=" + limit + ":" + limit, "true"}).exit_code == 0;
  }
  std::string LockedKilobytes() const {
    const std::string status = ReadWholeFile("/proc/" + std::to_string(server_.pid()) + "/status");
    const size_t at = status.find("VmLck:");
    const size_t digit = status.find_first_of("0123456789", at);
    return status.substr(digit, status.find(' ', digit) - digit);
  }
  void ExpectServes() {
    RawSocket socket = Connect();
    const std::string value = Pattern(1, 900'000);
    EXPECT_EQ(socket.Ask(SetRequest("k", value)), "STORED\r\n");
    EXPECT_EQ(socket.Ask("get k\r\n", "END\r\n"), ValueReply("k", value) + "END\r\n");
  }

  std::filesystem::path folder_;
};

// A port that the system chooses is one port, for all readers and addresses, and an address with a
// port of its own beside it changes nothing.
TEST_P(StartTest, OnePortForAllReaders) {
  if (TestingMemcached()) GTEST_SKIP() << "its -l takes no paths";
  const int own = FreePort();
  Words flags = GetParam().flags;
  flags.insert(flags.end(), {"-d", "-P", Path("pid"), "-t", "3", "-p", "-1", "-l",
                             "unix:" + Path("socket") + ",127.0.0.1:" + std::to_string(own) +
                                 ",127.0.0.2,127.0.0.3"});
  ASSERT_EQ(RunToEnd(ServerBinary(), flags).exit_code, 0);
  ASSERT_TRUE(Eventually([&] { return !ReadWholeFile(Path("pid")).empty(); }));
  const pid_t pid = std::stoi(ReadWholeFile(Path("pid")));
  EXPECT_EQ(ListeningPortsOf(pid).size(), 2U);
  EXPECT_TRUE(ListeningPortsOf(pid).contains(own));
  kill(pid, SIGTERM);
  EXPECT_TRUE(Eventually([&] { return kill(pid, 0) != 0; }));
}

// A flag that turns the network off does, whatever addresses are named.
TEST_P(StartTest, PortZeroIsNoNetwork) {
  const std::string pid_file = Path("pid");
  Words flags = TestingMemcached() ? Words{"-u", "root"} : GetParam().flags;
  const std::string address = "127.0.0.1:" + std::to_string(FreePort());
  flags.insert(flags.end(), {"-d", "-P", pid_file, "-p", "0", "-l", address, "-s", Path("socket")});
  ASSERT_EQ(RunToEnd(ServerBinary(), flags).exit_code, 0);
  ASSERT_TRUE(Eventually([&] { return !ReadWholeFile(pid_file).empty(); }));
  const pid_t pid = std::stoi(ReadWholeFile(pid_file));
  EXPECT_TRUE(ListeningPortsOf(pid).empty());
  EXPECT_TRUE(RawSocket(Path("socket")).connected());
  kill(pid, SIGTERM);
  EXPECT_TRUE(Eventually([&] { return kill(pid, 0) != 0; }));
}

TEST_P(StartTest, PidFileInTheForeground) {
  const std::string path = Path("pid");
  std::ofstream(path) << "2147483647\n";  // of a server that is gone
  StartWith({"-P", path});
  const std::string own = std::to_string(server_.pid()) + "\n";
  EXPECT_TRUE(Eventually([&] { return ReadWholeFile(path) == own; }));
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));

  // Another that cannot listen leaves it alone.
  ServerOptions options;
  options.more = {"-P", path, "-p", std::to_string(server_.port())};
  EXPECT_EQ(RunToEnd(ServerBinary(), ServerArguments(GetParam(), options)).exit_code, kRefused);
  EXPECT_EQ(ReadWholeFile(path), own);

  EXPECT_EQ(server_.Stop(), 0);
  if (!TestingMemcached()) {
    EXPECT_FALSE(std::filesystem::exists(path));
  }
}

// One that another server has taken over is the other's.
TEST_P(StartTest, PidFileOfAnother) {
  if (TestingMemcached()) GTEST_SKIP();
  const std::string path = Path("pid");
  StartWith({"-P", path});
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(path); }));
  ServerProcess second;
  ServerOptions options;
  options.more = {"-P", path};
  ASSERT_TRUE(second.Start(ServerBinary(), ServerArguments(GetParam(), options)));
  const std::string its = std::to_string(second.pid()) + "\n";
  EXPECT_TRUE(Eventually([&] { return ReadWholeFile(path) == its; }));
  EXPECT_NE(second.Stderr().find(std::to_string(server_.pid())), std::string::npos)
      << "it says whose file it was: " << second.Stderr();
  EXPECT_EQ(server_.Stop(), 0);
  EXPECT_EQ(ReadWholeFile(path), its);
  EXPECT_EQ(second.Stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(StartTest, PidFileThatCannotBeWritten) {
  StartWith({"-P", "/nonexistent/pid"});
  EXPECT_EQ(Connect().Ask("mn\r\n"), "MN\r\n");
  EXPECT_TRUE(
      Eventually([&] { return server_.Stderr().find("/nonexistent/pid") != std::string::npos; }));
}

// The default of systemd is 8 MB, and what a server has before it has threads and memory for items
// may fit into the last.
TEST_P(StartTest, MemoryThatMayNotBeLocked) {
  for (const char* limit : {"0", "65536", "8388608", "67108864"}) {
    if (!CanBeTheLimit(limit)) continue;
    StartBehind(WithMemoryLock(limit), {"-k"});
    ExpectServes();
    if (!kSanitized) {
      EXPECT_NE(server_.Stderr().find("-k"), std::string::npos) << limit << server_.Stderr();
    }
    EXPECT_EQ(server_.Stop(), 0) << limit;
  }
}

TEST_P(StartTest, MemoryThatMayBeLocked) {
  constexpr size_t kItemKilobytes = 256 << 10;
  for (const char* limit : {"unlimited", "17179869184"}) {
    if (!CanBeTheLimit(limit)) continue;
    StartBehind(WithMemoryLock(limit), {"-k"});
    ExpectServes();
    if (!kSanitized) {
      EXPECT_EQ(server_.Stderr(), "") << limit;
      EXPECT_GT(std::stoul(LockedKilobytes()), kItemKilobytes) << limit;
    }
    EXPECT_EQ(server_.Stop(), 0) << limit;
  }
  // With whatever rights the test has. What is not in use yet takes no memory all the same.
  StartWith({"-k"});
  EXPECT_LT(server_.RssBytes() >> 10, kItemKilobytes / 2);
  ExpectServes();
  if (!kSanitized && server_.Stderr().empty()) {
    EXPECT_GT(std::stoul(LockedKilobytes()), kItemKilobytes);
  }
}

TEST_P(StartTest, AddressSpaceThatIsRefused) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer takes more";
  if (TestingMemcached()) GTEST_SKIP() << "it takes memory when there are items";
  const Finished finished = RunBehind({"prlimit", "--as=800000000"}, {"-m", "2000", "-p", "-1"});
  EXPECT_EQ(finished.exit_code, kRefused);
  EXPECT_NE(finished.err.find("memory"), std::string::npos) << finished.err;
}

TEST_P(StartTest, ThreadsThatAreRefused) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer takes more";
  if (ModeIs("node")) GTEST_SKIP() << "has one";
  const Finished finished =
      RunBehind({"prlimit", "--as=1500000000", "--stack=8388608"},
                {"-m", "64", "-t", "500", "--workers=500", "-p", std::to_string(FreePort())});
  EXPECT_GT(finished.exit_code, 0);
  EXPECT_LT(finished.exit_code, 128) << "ended by a signal";
  EXPECT_NE(finished.err.find("thread"), std::string::npos) << finished.err;
}

TEST_P(StartTest, DescriptorsThatAreRefused) {
  if (ModeIs("node") || ModeIs("ramcloud")) GTEST_SKIP() << "needs few";
  Words before = {"prlimit", "--nofile=40:40"};
  if (geteuid() == 0) {
    before.insert(before.begin(), {"setpriv", "--inh-caps=-all", "--bounding-set=-sys_resource"});
  }
  const Finished finished =
      RunBehind(before, {"-c", "30", "-t", "40", "-p", std::to_string(FreePort())});
  EXPECT_EQ(finished.exit_code, 71);
  EXPECT_NE(finished.err, "");
}

// No socket may get the number of a stream that the log is written to.
TEST_P(StartTest, ClosedStandardStreams) {
  if (TestingMemcached()) GTEST_SKIP();
  StartBehind({"sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"}, {"-v"});
  for (const char* fd : {"0", "1", "2"}) {
    const std::string link = "/proc/" + std::to_string(server_.pid()) + "/fd/" + fd;
    EXPECT_EQ(std::filesystem::read_symlink(link), "/dev/null") << fd;
  }
  ExpectServes();
}

// Whoever starts it in the background learns what became of it, and finds it listening.
TEST_P(StartTest, FailureInTheBackground) {
  if (TestingMemcached()) GTEST_SKIP() << "it says nothing, with status 0";
  StartWith({});
  const std::string port = std::to_string(server_.port());
  const Finished finished = RunBehind({"env"}, {"-d", "-P", Path("pid"), "-p", port});
  EXPECT_EQ(finished.exit_code, kRefused);
  EXPECT_NE(finished.err.find("Address already in use"), std::string::npos) << finished.err;
  EXPECT_FALSE(std::filesystem::exists(Path("pid")));

  const std::string own = std::to_string(FreePort());
  ASSERT_EQ(RunBehind({"env"}, {"-d", "-P", Path("pid"), "-p", own}).exit_code, 0);
  EXPECT_EQ(RawSocket(std::stoi(own)).Ask("mn\r\n"), "MN\r\n");
  const pid_t pid = std::stoi(ReadWholeFile(Path("pid")));
  kill(pid, SIGTERM);
  EXPECT_TRUE(Eventually([&] { return kill(pid, 0) != 0; }));
}

TEST_P(StartTest, WhatStartsNoServer) {
  const std::string port = std::to_string(FreePort());
  if (TestingMemcached()) return;  // its words and numbers for these are others
  EXPECT_EQ(RunBehind({"env"}, {"-p", port, "-s", std::string(200, 'x')}).exit_code, kRefused);
  EXPECT_EQ(RunBehind({"env"}, {"-p", port, "-s", ""}).exit_code, kUsage);
  EXPECT_EQ(RunBehind({"env"}, {"-p", port, "-l", ""}).exit_code, kUsage);
  EXPECT_EQ(RunBehind({"env"}, {"-p", port, "-l", "0"}).exit_code, kRefused);
  EXPECT_EQ(RunBehind({"env"}, {"-p", port, "-l", "name.invalid"}).exit_code, kRefused);
  EXPECT_EQ(RunBehind({"env"}, {"-p", port, "-Z", "-o", "ssl_chain_cert=/nonexistent"}).exit_code,
            kUsage);
}

OVERTAKE_IN_EVERY_MODE(StartTest);

}  // namespace
}  // namespace overtake::tests
