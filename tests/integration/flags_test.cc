// The command line, in so far as it ends the program.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/modes.h"
#include "tests/support/server_process.h"

namespace overtake::tests {
namespace {

Finished Run(const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {"-l", "127.0.0.1", "-p", std::to_string(FreePort())};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return RunToEnd(ServerBinary(), arguments, 5 * kPatience);
}

void ExpectRefused(const std::vector<std::string>& flags, const std::string& mention = "") {
  std::string line;
  for (const std::string& flag : flags) line += flag + " ";
  SCOPED_TRACE(line);
  const Finished finished = Run(flags);
  EXPECT_GT(finished.exit_code, 0) << "-1: it started";
  EXPECT_NE(finished.err + finished.out, "") << "no message";
  EXPECT_NE((finished.err + finished.out).find(mention), std::string::npos)
      << finished.err << finished.out;
}

TEST(FlagsTest, Version) {
  for (const char* flag : {"-V", "--version"}) {
    const Finished finished = RunToEnd(ServerBinary(), {flag});
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_NE(finished.out.find_first_of("0123456789"), std::string::npos) << finished.out;
  }
}

TEST(FlagsTest, Help) {
  for (const char* flag : {"-h", "--help"}) {
    const Finished finished = RunToEnd(ServerBinary(), {flag});
    EXPECT_EQ(finished.exit_code, 0);
    for (const char* word : {"-p", "-l", "-t", "-m", "-c", "-I", "-R", "-v", "-U"}) {
      EXPECT_NE(finished.out.find(word), std::string::npos) << word;
    }
    if (TestingMemcached()) continue;
    for (const Mode& mode : AllModes()) {
      const std::string name = mode.flags[0].substr(std::string("--dispatch=").size());
      EXPECT_NE(finished.out.find(name), std::string::npos) << name;
    }
  }
}

TEST(FlagsTest, MistakesAreRefused) {
  ExpectRefused({"--nonsense"}, "nonsense");
  ExpectRefused({"-t", "0"});
  ExpectRefused({"-c", "0"});
  ExpectRefused({"-I", "1"});
  ExpectRefused({"-I", "1g", "-m", "64"});
  ExpectRefused({"-R", "0"});
  ExpectRefused({"-f", "1"});
  ExpectRefused({"-n", "0"});
  ExpectRefused({"-B", "foo"}, "foo");
  ExpectRefused({"-u", "nobody-of-that-name"}, "nobody-of-that-name");
  ExpectRefused({"-o", "foo"}, "foo");
  ExpectRefused({"-o", "no_foo=1"}, "no_foo");
  ExpectRefused({"-o", "no_lru_crawler,foo"}, "foo");
  ExpectRefused({"-o", ","});
  ExpectRefused({"-o", "idle_timeout"}, "idle_timeout");
  ExpectRefused({"-o", "lru_crawler_sleep"}, "lru_crawler_sleep");
  if (TestingMemcached()) return;  // it takes what follows for 0, or for part of a number
  ExpectRefused({"-t", "abc"});
  ExpectRefused({"-t", "-1"});
  ExpectRefused({"-c", "-5"});
  ExpectRefused({"-m", "x"});
  ExpectRefused({"-m", "0"});
  ExpectRefused({"-I", "1x"});
  ExpectRefused({"-I", ""});
  ExpectRefused({"-R", "abc"});
  ExpectRefused({"-a", "9"}, "9");
  ExpectRefused({"-a", ""});
  ExpectRefused({"-B", "binary"}, "binary");
  ExpectRefused({"-o", "idle_timeout=-1"}, "idle_timeout");
  ExpectRefused({"-o", "idle_timeout=x"}, "idle_timeout");
  ExpectRefused({"-o", "ext_path=/tmp/x:1G"}, "ext_path");
  ExpectRefused({"stray"}, "stray");
}

TEST(FlagsTest, OurOwnMistakesAreRefused) {
  if (TestingMemcached()) GTEST_SKIP();
  ExpectRefused({"--dispatch=foo"}, "foo");
  ExpectRefused({"--dispatch="});
  ExpectRefused({"--dispatch=node,nginx"});
  ExpectRefused({"--workers=-1"});
  ExpectRefused({"--workers=abc"});
  ExpectRefused({"--dispatch=ramcloud", "--workers=0"}, "workers");
}

TEST(FlagsTest, UdpIsRefused) {
  if (TestingMemcached()) GTEST_SKIP();
  ExpectRefused({"-U", "11211"}, "UDP");
}

TEST(FlagsTest, AddressThatIsNotOurs) { ExpectRefused({"-l", "192.0.2.77"}); }

TEST(FlagsTest, PortsThatAreNone) {
  ExpectRefused({"-l", "127.0.0.1:"}, "127.0.0.1:");
  for (const char* port : {"-2", "65536", "99999999"}) {
    const Finished finished =
        RunToEnd(ServerBinary(), {"-l", "127.0.0.1", "-p", port}, 5 * kPatience);
    EXPECT_GT(finished.exit_code, 0) << port;
    EXPECT_NE(finished.err, "") << port;
  }
}

}  // namespace
}  // namespace overtake::tests
