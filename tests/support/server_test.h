// The fixture of tests that run against one server in one mode.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "tests/support/modes.h"
#include "tests/support/raw_socket.h"
#include "tests/support/reply.h"
#include "tests/support/server_process.h"

namespace overtake::tests {

// Every test has a server of its own, started by StartServer. When the test ends the server is told
// to end too, and must do so cleanly: this is also where a sanitizer's findings show.
class ServerTest : public ::testing::TestWithParam<Mode> {
 protected:
  void StartServer(const ServerOptions& options = {}) {
    if (!server_.Start(ServerBinary(), ServerArguments(GetParam(), options))) {
      throw std::runtime_error("no server, no test");
    }
  }

  void TearDown() override {
    if (server_.running()) {
      EXPECT_EQ(server_.Stop(), 0) << "exit code of the server";
    }
    if (HasFailure()) GTEST_LOG_(INFO) << "the server's stderr:\n" << server_.Stderr();
  }

  bool ModeIs(const char* name) const { return GetParam().name == name; }

  RawSocket Connect() const { return RawSocket(server_.port()); }

  // Value of one line of `stats <group>`, or "" if there is none.
  std::string Stat(const std::string& name, const std::string& group = "") const {
    RawSocket socket(server_.port());
    return StatOver(&socket, name, group);
  }
  // The same over a connection that there is already.
  static std::string StatOver(RawSocket* socket, const std::string& name,
                              const std::string& group = "") {
    const std::string request = group.empty() ? "stats\r\n" : "stats " + group + "\r\n";
    return StatIn(socket->Ask(request, "END\r\n"), name);
  }

  ServerProcess server_;
};

// Runs a suite of TEST_Ps once per mode; the mode's name is the last part of each test's.
#define OVERTAKE_IN_EVERY_MODE(Suite)                                                        \
  INSTANTIATE_TEST_SUITE_P(Modes, Suite, ::testing::ValuesIn(::overtake::tests::AllModes()), \
                           [](const auto& info) { return info.param.name; })

}  // namespace overtake::tests
