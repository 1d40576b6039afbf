// Clients that nobody here wrote do real work against each mode. Each is a script beside this file
// that is given the server's port and exits with 0, or with 77 if its client is not installed.

#include <gtest/gtest.h>

#include <string>

#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

class ClientsTest : public ServerTest {
 protected:
  void RunScript(const std::string& interpreter, const std::string& script) {
    ServerOptions options;
    options.more = {"-I", "2m"};
    StartServer(options);
    constexpr int kSeconds = 60 * kPatience;
    const Finished finished =
        RunToEnd(interpreter,
                 {OVERTAKE_CLIENT_SCRIPTS "/" + script, std::to_string(server_.port())}, kSeconds);
    constexpr int kNotInstalled = 77;
    if (finished.exit_code == kNotInstalled) {
      GTEST_SKIP() << "\n*** NOT TESTED: " << finished.err;
    }
    EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
    // The server is still well.
    EXPECT_EQ(Connect().Ask("mn\r\n"), "MN\r\n");
  }
};

TEST_P(ClientsTest, Pymemcache) { RunScript("/usr/bin/python3", "pymemcache_client.py"); }
TEST_P(ClientsTest, CacheMemcachedFast) { RunScript("perl", "cache_memcached_fast.pl"); }
TEST_P(ClientsTest, LibmemcachedTools) { RunScript("bash", "libmemcached_tools.sh"); }

// libmemcached's own check of a server's abilities.
TEST_P(ClientsTest, Memccapable) { RunScript("bash", "memccapable.sh"); }

OVERTAKE_IN_EVERY_MODE(ClientsTest);

}  // namespace
}  // namespace overtake::tests
