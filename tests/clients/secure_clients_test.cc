// Clients that nobody here wrote over TLS, and with a password.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/clients/run_client.h"
#include "tests/support/certificates.h"
#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

class SecureClientsTest : public ServerTest {
 protected:
  SecureClientsTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~SecureClientsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  std::filesystem::path folder_;
};

// The server shows a certificate, asks for the client's, and then for a password.
TEST_P(SecureClientsTest, Pymemcache) {
  for (const char* name : {"server", "client", "stranger"}) MakeCertificate(Path(name));
  std::ofstream(Path("passwords")) << "someone:secret\n";
  ServerOptions options;
  options.more = {"-Z", "-o",
                  "ssl_chain_cert=" + Path("server.crt") + ",ssl_key=" + Path("server.key") +
                      ",ssl_verify_mode=2,ssl_ca_cert=" + Path("client.crt"),
                  "-Y", Path("passwords")};
  StartServer(options);
  // memcached 1.6.18 forgets what OpenSSL has read ahead when much is pipelined, and waits.
  const std::string keys_at_once = TestingMemcached() ? "20" : "400";
  RunClient({"/usr/bin/python3", "-B", Script("pymemcache_secure_client.py"),
             std::to_string(server_.port()), folder_, keys_at_once});
}

OVERTAKE_IN_EVERY_MODE(SecureClientsTest);

}  // namespace
}  // namespace overtake::tests
