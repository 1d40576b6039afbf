// overtake-cli over TLS, and with a password.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/server_process.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class ClientSecurityTest : public ::testing::Test {
 protected:
  ClientSecurityTest() {
    std::string name = std::filesystem::temp_directory_path() / "overtake-test-XXXXXX";
    folder_ = mkdtemp(name.data());
    MakeCertificate(Path("authority"), {.name = "authority"});
    MakeCertificate(Path("server"), {.issuer = Path("authority")});
    MakeCertificate(Path("client"), {.name = "client", .issuer = Path("authority")});
    std::ofstream(Path("users")) << "ann:secret\n";
    std::ofstream(Path("password")) << "secret\n";
    std::ofstream(Path("wrong")) << "guess\n";
  }
  ~ClientSecurityTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  void Start(const std::string& more, const std::vector<std::string>& flags = {}) {
    ServerOptions options;
    options.more = {
        "-Z", "-o",
        "ssl_chain_cert=" + Path("server.crt") + ",ssl_key=" + Path("server.key") + more};
    options.more.insert(options.more.end(), flags.begin(), flags.end());
    ASSERT_TRUE(server_.Start(ServerBinary(), ServerArguments(AllModes().front(), options)));
  }
  Finished Cli(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-s", "127.0.0.1:" + std::to_string(server_.port()), "--tls"});
    return RunToEnd(OVERTAKE_CLI_BINARY, words);
  }

  std::filesystem::path folder_;
  ServerProcess server_;
};

TEST_F(ClientSecurityTest, SetAndGet) {
  Start("");
  EXPECT_EQ(Cli({"--ca", Path("authority.crt"), "set", "k", "some value"}).exit_code, 0);
  const Finished found = Cli({"--ca", Path("authority.crt"), "get", "k"});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_NE(found.out.find("some value"), std::string::npos) << found.out;
  EXPECT_EQ(Cli({"--ca", Path("authority.crt"), "get", "missing"}).exit_code, 1);
}

TEST_F(ClientSecurityTest, OnlyTheServerThatIsMeant) {
  Start("");
  const Finished stranger = Cli({"--ca", Path("client.crt"), "get", "k"});
  EXPECT_EQ(stranger.exit_code, 2);
  EXPECT_NE(stranger.err.find("TLS handshake: "), std::string::npos) << stranger.err;
  const Finished no_file = Cli({"--ca", Path("none"), "get", "k"});
  EXPECT_EQ(no_file.exit_code, 2);
  EXPECT_NE(no_file.err.find(Path("none")), std::string::npos) << no_file.err;
}

TEST_F(ClientSecurityTest, CertificateAndPassword) {
  Start(",ssl_verify_mode=2,ssl_ca_cert=" + Path("authority.crt"), {"-Y", Path("users")});
  const std::vector<std::string> ca = {"--ca", Path("authority.crt")};
  const auto with = [&ca](std::vector<std::string> more) {
    more.insert(more.begin(), ca.begin(), ca.end());
    return more;
  };
  const std::string certificate = Path("client.crt"), key = Path("client.key");
  EXPECT_EQ(Cli(with({"get", "k"})).exit_code, 2);
  EXPECT_EQ(Cli(with({"--cert", certificate, "--key", key, "get", "k"})).exit_code, 2);
  const Finished refused = Cli(with({"--cert", certificate, "--key", key, "--user", "ann",
                                     "--password-file", Path("wrong"), "get", "k"}));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("authentication failure"), std::string::npos) << refused.err;
  const Finished missed = Cli(with({"--cert", certificate, "--key", key, "--user", "ann",
                                    "--password-file", Path("password"), "get", "k"}));
  EXPECT_EQ(missed.exit_code, 1) << missed.err;
}

}  // namespace
}  // namespace overtake::tests
