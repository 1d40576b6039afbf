// Clients that nobody here wrote do real work against each mode. Each is a script beside this file
// that is given where servers are (a TCP port, the path of a UNIX socket, two more TCP ports) and
// exits with 0, or with 77 if its client is not installed. The server on the first port comes back
// when a script ends it (restart_server.sh).

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/clients/run_client.h"
#include "tests/clients/supervised_server.h"
#include "tests/support/raw_socket.h"
#include "tests/support/server_process.h"

namespace overtake::tests {
namespace {

class ClientsTest : public ::testing::TestWithParam<Mode> {
 protected:
  ClientsTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~ClientsTest() override { std::filesystem::remove_all(folder_); }

  void SetUp() override {
    ServerOptions options;
    options.memory_mb = 64;
    options.more = {"-I", "2m", "-A"};
    const std::vector<std::string> arguments = ServerArguments(GetParam(), options);
    for (auto& server : servers_) server = std::make_unique<SupervisedServer>(arguments);
    ASSERT_TRUE(local_.StartOnSocket(SocketPath(), ServerBinary(), arguments));
  }

  // Every server is still well, and ends as it should.
  void TearDown() override {
    for (auto& server : servers_) {
      EXPECT_EQ(RawSocket(server->port()).Ask("mn\r\n"), "MN\r\n");
      EXPECT_EQ(server->Stop(), 0) << "exit code of a server";
    }
    EXPECT_EQ(RawSocket(SocketPath()).Ask("mn\r\n"), "MN\r\n");
    EXPECT_EQ(local_.Stop(), 0) << "exit code of the server on the UNIX socket";
    if (HasFailure()) GTEST_LOG_(INFO) << "a server's stderr:\n" << local_.Stderr();
  }

  // Runs <command> <port> <socket> <port> <port>, the command being a program and its arguments.
  void Run(std::vector<std::string> command) const {
    command.push_back(std::to_string(servers_[0]->port()));
    command.push_back(SocketPath());
    command.push_back(std::to_string(servers_[1]->port()));
    command.push_back(std::to_string(servers_[2]->port()));
    RunClient(command);
  }

 private:
  std::string SocketPath() const { return folder_ / "socket"; }

  std::filesystem::path folder_;
  std::array<std::unique_ptr<SupervisedServer>, 3> servers_;
  ServerProcess local_;
};

// -B: Python leaves no compiled modules beside the scripts.
TEST_P(ClientsTest, Pymemcache) { Run({"/usr/bin/python3", "-B", Script("pymemcache_client.py")}); }
TEST_P(ClientsTest, Pylibmc) { Run({"/usr/bin/python3", "-B", Script("pylibmc_client.py")}); }
TEST_P(ClientsTest, PythonMemcache) {
  Run({"/usr/bin/python3", "-B", Script("python_memcache_client.py")});
}
TEST_P(ClientsTest, CacheMemcached) { Run({"perl", Script("cache_memcached.pl")}); }
TEST_P(ClientsTest, CacheMemcachedFast) { Run({"perl", Script("cache_memcached_fast.pl")}); }
TEST_P(ClientsTest, PhpMemcached) { Run({"php", Script("php_memcached.php")}); }
TEST_P(ClientsTest, PhpMemcache) { Run({"php", Script("php_memcache.php")}); }
TEST_P(ClientsTest, NodeMemcached) { Run({"node", Script("node_memcached.js")}); }
TEST_P(ClientsTest, Gomemcache) { Run({OVERTAKE_GOMEMCACHE_CLIENT}); }
TEST_P(ClientsTest, LibmemcachedTools) { Run({"bash", Script("libmemcached_tools.sh")}); }
TEST_P(ClientsTest, Twemproxy) { Run({"/usr/bin/python3", "-B", Script("twemproxy_client.py")}); }

// libmemcached's own check of a server's abilities.
TEST_P(ClientsTest, Memccapable) { Run({"bash", Script("memccapable.sh")}); }

INSTANTIATE_TEST_SUITE_P(Modes, ClientsTest, ::testing::ValuesIn(AllModes()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace overtake::tests
