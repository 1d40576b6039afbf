// The command line, in so far as it ends the program.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/modes.h"
#include "tests/support/raw_socket.h"
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
  for (const std::string wrong : {"hashpower=11",           "hashpower=33",
                                  "slab_automove=3",        "slab_automove=-1",
                                  "slab_automove_ratio=0",  "slab_automove_ratio=1.1",
                                  "slab_automove_window=2", "tail_repair_time=9",
                                  "hash_algorithm=md5",     "lru_crawler_sleep=1000001",
                                  "hot_lru_pct=0",          "hot_lru_pct=80",
                                  "warm_lru_pct=0",         "warm_lru_pct=80",
                                  "hot_max_factor=0",       "warm_max_factor=0",
                                  "slab_chunk_max=0",       "slab_chunk_max=16385",
                                  "slab_sizes=1",           "slab_sizes=100-90",
                                  "slab_sizes=100-105"}) {
    ExpectRefused({"-o", wrong});
  }
  ExpectRefused({"-o", "hot_lru_pct=40,warm_lru_pct=41"}, "hot_lru_pct + warm_lru_pct");
  ExpectRefused({"-o", "no_lru_maintainer,temporary_ttl=5"}, "temporary_ttl");
  if (TestingMemcached()) return;  // it takes what follows for 0, or for part of a number
  ExpectRefused({"-o", "slab_automove_window=1801"}, "slab_automove_window");
  ExpectRefused({"-o", "slab_chunk_max=1025"}, "slab_chunk_max");
  ExpectRefused({"-o", "slab_automove="}, "slab_automove");
  ExpectRefused({"-o", "inline_ascii_response"}, "inline_ascii_response");
  ExpectRefused({"-m", "-5"}, "-5");
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
  for (const std::string key : {"resp_obj_mem_limit", "read_buf_mem_limit"}) {
    for (const char* value : {"", "=", "=x", "=-1", "=1048577", "=99999999999999999999"}) {
      ExpectRefused({"-o", key + value}, key);
    }
  }
  for (const char* value : {"", "=", "=x", "=-1", "=1000000001"}) {
    ExpectRefused({"-o", std::string("ssl_handshake_timeout") + value}, "ssl_handshake_timeout");
  }
  ExpectRefused({"--workers=abc"});
  ExpectRefused({"--dispatch=ramcloud", "--workers=0"}, "workers");
}

TEST(FlagsTest, UdpIsRefused) {
  if (TestingMemcached()) GTEST_SKIP();
  ExpectRefused({"-U", "11211"}, "UDP");
}

TEST(FlagsTest, AddressThatIsNotOurs) { ExpectRefused({"-l", "192.0.2.77"}); }

// Whoever forgot something, or whose variable is empty, must not open the server to the world.
TEST(FlagsTest, AddressesThatAreNone) {
  if (TestingMemcached()) GTEST_SKIP() << "it listens nowhere, or elsewhere";
  const std::string port = std::to_string(FreePort());
  for (const char* address : {"",
                              ",",
                              ";",
                              " ",
                              ":23456",
                              "[]",
                              "[]:23456",
                              "{}",
                              "127.0.0.1,",
                              ",127.0.0.1",
                              "127.0.0.1,,127.0.0.2",
                              "127.0.0.1:",
                              "127.0.0.1:0",
                              "127.0.0.1:-1",
                              "127.0.0.1:+23456",
                              "127.0.0.1:65536",
                              "127.0.0.1:70000",
                              "127.0.0.1:4294990752",
                              "127.0.0.1:http",
                              "127.0.0.1:23456x",
                              "127.0.0.1:0x5ba0",
                              "127.0.0.1: 23456",
                              "[::1",
                              "[::1]:",
                              "[::1]:0",
                              "[::1]23456",
                              "::1]:23456",
                              "*:0",
                              "*:",
                              "notls:",
                              "notls:127.0.0.1",
                              "btls:127.0.0.1",
                              "mtls:127.0.0.1",
                              "proto[binary]:127.0.0.1",
                              "proto[proxy]:127.0.0.1",
                              "proto[ascii]:",
                              "proto[ascii]:0",
                              "proto[ascii",
                              "tag[]:127.0.0.1",
                              "tag[123456789]:127.0.0.1",
                              "tag_x_:",
                              "unix:",
                              "0",
                              "0x0",
                              "00.0.0.0",
                              "name.invalid",
                              "127.0.0.1,name.invalid",
                              "127.0.0.1:23456:7"}) {
    for (const bool behind_another : {false, true}) {
      SCOPED_TRACE(std::string("-l '") + address + (behind_another ? "' behind another" : "'"));
      std::vector<std::string> flags = {"-p", port, "-l", address};
      if (behind_another) flags.insert(flags.begin(), {"-l", "127.0.0.9"});
      const Finished finished = RunToEnd(ServerBinary(), flags, 5 * kPatience);
      EXPECT_TRUE(finished.exit_code == 64 || finished.exit_code == 71) << finished.exit_code;
      EXPECT_NE(finished.err.find("-l"), std::string::npos) << finished.err;
    }
  }
  ExpectRefused({"-l", "127.0.0.1", "127.0.0.2"}, "127.0.0.2");
}

TEST(FlagsTest, NothingWhereSomethingIsNeeded) {
  if (TestingMemcached()) GTEST_SKIP() << "most of it is 0 there";
  for (const char* option : {"-p", "-s", "-a", "-m", "-I", "-c", "-t", "-R", "-b", "-U", "-u", "-P",
                             "-Y", "-f", "-n", "-D", "-B"}) {
    ExpectRefused({option, ""});
  }
  for (const char* option : {"ssl_chain_cert", "ssl_key", "ssl_ciphers", "ssl_ca_cert"}) {
    ExpectRefused({"-o", std::string(option) + "="}, option);
  }
}

// As in memcached: 010 is ten.
TEST(FlagsTest, NumbersAreDecimal) {
  const std::string port = std::to_string(FreePort());
  ServerProcess server;
  ASSERT_TRUE(server.Start(ServerBinary(), {"-l", "127.0.0.1", "-u", "root", "-c", "0100"}));
  EXPECT_EQ(RawSocket(server.port()).Ask("stats settings\r\n", "END\r\n").find("maxconns 64\r"),
            std::string::npos);
  if (TestingMemcached()) return;
  ExpectRefused({"-p", "0x5ba0"}, "0x5ba0");
}

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
