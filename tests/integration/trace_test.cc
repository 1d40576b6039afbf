// `debug trace`: what happened to the latest requests.

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>

#include "nlohmann/json.hpp"
#include "tests/support/proc.h"
#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class TraceTest : public ServerTest {
 protected:
  void SetUp() override {
    if (TestingMemcached()) GTEST_SKIP() << "ours alone";
    path_ = ::testing::TempDir() + "overtake-trace-" + std::to_string(getpid()) + ".json";
  }
  void TearDown() override {
    ServerTest::TearDown();
    unlink(path_.c_str());
  }
  void StartTracing(const std::string& requests) {
    StartServer(
        {.more = {"--enable-debug-commands", "--trace-requests", requests, "--trace-file", path_}});
  }
  nlohmann::json ReadTrace() const {
    return nlohmann::json::parse(ReadWholeFile(path_), nullptr, /*allow_exceptions=*/false);
  }

  std::string path_;
};

// Slices of requests by name: from when to when, in microseconds.
struct Slice {
  double from = 0;
  double to = 0;
};
using RequestSlices = std::map<std::string, Slice>;

TEST_P(TraceTest, TellsWhenEachRequestWasReadExecutedAndWritten) {
  StartTracing("1000");
  RawSocket socket = Connect();
  ASSERT_EQ(socket.Ask(SetRequest("key", "value")), "STORED\r\n");
  ASSERT_EQ(socket.Ask("debug sleep 20000\r\n"), "OK\r\n");
  socket.Send("get key\r\ntouch key 0\r\nmn\r\n");
  ASSERT_TRUE(socket.ReadUntil("MN\r\n").ends_with("MN\r\n"));
  ASSERT_EQ(socket.Ask("debug trace\r\n"), "OK\r\n");

  const nlohmann::json json = ReadTrace();
  ASSERT_FALSE(json.is_discarded());
  std::map<std::string, RequestSlices> by_id;
  std::map<std::string, std::string> command_of;
  std::map<int, std::string> threads;
  std::map<std::string, int> executions;
  for (const nlohmann::json& event : json.at("traceEvents")) {
    const std::string phase = event.at("ph"), name = event.at("name");
    if (phase == "M" && name == "thread_name") threads[event.at("tid")] = event["args"]["name"];
    if (phase == "X") {
      ++executions[name];
      EXPECT_TRUE(threads.count(event.at("tid")) > 0) << event;
    }
    if (phase != "b" && phase != "e") continue;
    Slice& slice = by_id[event.at("id")][name];
    (phase == "b" ? slice.from : slice.to) = event.at("ts");
    if (phase == "b" && name != "wait" && name != "execute" && name != "send") {
      command_of[event.at("id")] = name;
    }
  }
  for (const auto& [id, slices] : by_id) {
    const std::string& command = command_of[id];
    ASSERT_EQ(slices.size(), 4U) << command;
    const Slice& whole = slices.at(command);
    EXPECT_EQ(slices.at("wait").from, whole.from);
    EXPECT_LE(slices.at("wait").to, slices.at("execute").from);
    EXPECT_LE(slices.at("execute").from, slices.at("execute").to);
    EXPECT_LE(slices.at("execute").to, slices.at("send").to);
    EXPECT_EQ(slices.at("send").to, whole.to);
    if (command == "debug") {
      EXPECT_GE(slices.at("execute").to - slices.at("execute").from, 20'000);
    }
  }
  for (const char* command : {"set", "get", "touch", "mn", "debug"}) {
    EXPECT_EQ(executions[command], 1) << command;
  }
}

TEST_P(TraceTest, KeepsTheLatestOnly) {
  StartTracing("8");
  RawSocket socket = Connect();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(socket.Ask("mn\r\n"), "MN\r\n");
  ASSERT_EQ(socket.Ask("debug trace\r\n"), "OK\r\n");
  int executions = 0;
  const nlohmann::json json = ReadTrace();
  ASSERT_FALSE(json.is_discarded());
  for (const nlohmann::json& event : json.at("traceEvents")) {
    executions += event.at("ph") == "X" ? 1 : 0;
  }
  EXPECT_GE(executions, 7);
  EXPECT_LE(executions, 8);
}

TEST_P(TraceTest, IsOffUnlessAskedFor) {
  StartServer({.more = {"--enable-debug-commands", "--trace-file", path_}});
  EXPECT_EQ(Connect().Ask("debug trace\r\n"),
            "SERVER_ERROR requests are not traced (--trace-requests)\r\n");
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_P(TraceTest, SaysWhenItCannotBeWritten) {
  path_ = "/nonexistent/trace.json";
  StartTracing("8");
  EXPECT_TRUE(Connect().Ask("debug trace\r\n").starts_with("SERVER_ERROR cannot write"));
}

OVERTAKE_IN_EVERY_MODE(TraceTest);

}  // namespace
}  // namespace overtake::tests
