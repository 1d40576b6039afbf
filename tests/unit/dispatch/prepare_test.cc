// A batch of requests is announced to who executes it, in every mode, before the first one runs.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/architecture.h"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

// Notes what it is told, in order.
class RecordingHandler final : public RequestHandler {
 public:
  const CommandTable& commands() const override { return kCommandTable; }
  Outcome Execute(ExecutionContext /*context*/, const Request& request,
                  Continuation* /*continuation*/, Reply* reply) override {
    Note("run " + std::string(request.key));
    reply->AppendLine("OK");
    return Outcome::kDone;
  }
  void Prepare(absl::Span<const Request* const> requests) override {
    std::string event = "prepare";
    for (const Request* request : requests) event += " " + std::string(request->key);
    Note(event);
  }
  Weight WeightOf(const Request& /*request*/) const override { return Weight::kLight; }

  std::vector<std::string> events() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return events_;
  }

 private:
  void Note(const std::string& event) {
    const std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back(event);
  }

  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

struct Setup {
  Mode mode;
  int workers;
  const char* name;
};

class PrepareTest : public ::testing::TestWithParam<Setup> {
 protected:
  void SetUp() override {
    DispatchOptions options;
    options.mode = GetParam().mode;
    options.workers = GetParam().workers;
    options.threads = 1;
    options.addresses = {*ParseListenAddress("127.0.0.1")};
    options.port = -1;
    auto started = Architecture::Start(options, &handler_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    const std::string ports = server_->PortLines();  // "TCP INET: 12345\n"
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(ports.substr(ports.rfind(' ')))));
    client_ = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(client_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  void TearDown() override {
    if (client_ >= 0) close(client_);
  }

  // What the handler noted of requests that were sent at once.
  std::vector<std::string> EventsOf(std::string_view requests, size_t count) {
    const size_t before = handler_.events().size();
    EXPECT_EQ(send(client_, requests.data(), requests.size(), 0),
              static_cast<ssize_t>(requests.size()));
    std::string replies(count * std::string_view("OK\r\n").size(), '\0');
    EXPECT_EQ(recv(client_, replies.data(), replies.size(), MSG_WAITALL),
              static_cast<ssize_t>(replies.size()));
    std::vector<std::string> events = handler_.events();
    return {events.begin() + static_cast<ptrdiff_t>(before), events.end()};
  }

  RecordingHandler handler_;
  std::unique_ptr<Architecture> server_;
  int client_ = -1;
};

TEST_P(PrepareTest, ABatchIsAnnouncedBeforeItRuns) {
  const std::vector<std::string> expected = {"prepare a b c d", "run a", "run b", "run c", "run d"};
  EXPECT_EQ(EventsOf("delete a\r\ndelete b\r\ndelete c\r\ndelete d\r\n", 4), expected);
  EXPECT_EQ(EventsOf("delete a\r\ndelete b\r\ndelete c\r\ndelete d\r\n", 4), expected);
}

TEST_P(PrepareTest, ARequestAloneIsNot) {
  EXPECT_EQ(EventsOf("delete a\r\n", 1), std::vector<std::string>{"run a"});
}

INSTANTIATE_TEST_SUITE_P(Modes, PrepareTest,
                         ::testing::Values(Setup{Mode::kNode, 0, "node"},
                                           Setup{Mode::kMemcached, 0, "memcached"},
                                           Setup{Mode::kRamcloud, 1, "ramcloud"},
                                           Setup{Mode::kNginx, 1, "nginx"},
                                           Setup{Mode::kNginx, 0, "nginx_inline"},
                                           Setup{Mode::kReuseport, 0, "reuseport"},
                                           Setup{Mode::kOvertake, 1, "overtake"}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace overtake
