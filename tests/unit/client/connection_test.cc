// The client where the network is the subject: timeouts, closed connections, servers out of step,
// pipelining, noreply.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "tests/unit/client/fake_server.h"

namespace overtake::client {
namespace {

const std::string kLoopback = "127.0.0.1";

std::unique_ptr<Client> ConnectTo(const FakeServer& server, const ClientOptions& options = {}) {
  absl::StatusOr<std::unique_ptr<Client>> client =
      Client::Connect(kLoopback, server.port(), options);
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

TEST(ClientConnectionTest, NobodyListens) {
  int port;
  {
    FakeServer server([](FakePeer&) {});
    port = server.port();
  }
  EXPECT_TRUE(absl::IsUnavailable(Client::Connect(kLoopback, port).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Client::Connect(kLoopback, 65536).status()));
  EXPECT_TRUE(absl::IsUnavailable(Client::Connect("no host", 1).status()));
}

TEST(ClientConnectionTest, ATimeoutBreaksTheConnection) {
  FakeServer server([](FakePeer& peer) { peer.Expect("get a\r\n"); });
  auto client = ConnectTo(server, {.io_timeout = absl::Milliseconds(50)});
  const absl::Time start = absl::Now();
  EXPECT_TRUE(absl::IsDeadlineExceeded(client->Get("a").status()));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(45));
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_FALSE(client->usable());
  EXPECT_TRUE(absl::IsUnavailable(client->Get("a").status()));
}

// A server that keeps sending is still bounded by the deadline.
TEST(ClientConnectionTest, ATrickleDoesNotExtendTheDeadline) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("get a\r\n");
    peer.Send("VALUE a 0 1000\r\n");
    for (int i = 0; i < 500 && peer.Send("x"); ++i) absl::SleepFor(absl::Milliseconds(10));
  });
  auto client = ConnectTo(server, {.io_timeout = absl::Milliseconds(100)});
  const absl::Time start = absl::Now();
  EXPECT_TRUE(absl::IsDeadlineExceeded(client->Get("a").status()));
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
  client.reset();  // Ends the trickle.
}

TEST(ClientConnectionTest, ClosedInTheMiddleOfAReply) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("get a\r\n");
    peer.Send("VALUE a 0 100\r\nonly a part");
    peer.Close();
  });
  auto client = ConnectTo(server);
  EXPECT_TRUE(absl::IsUnavailable(client->Get("a").status()));
  EXPECT_FALSE(client->usable());
}

TEST(ClientConnectionTest, ClosedBetweenTwoCalls) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("version\r\n");
    peer.Send("VERSION 1\r\n");
    peer.Close();
  });
  auto client = ConnectTo(server);
  EXPECT_TRUE(client->Version().ok());
  EXPECT_TRUE(absl::IsUnavailable(client->Version().status()));
}

TEST(ClientConnectionTest, AnAnnouncedLengthIsNotBelieved) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("get a\r\n");
    peer.Send("VALUE a 0 1073741825\r\n");
  });
  auto client = ConnectTo(server);
  EXPECT_TRUE(absl::IsDataLoss(client->Get("a").status()));
  EXPECT_FALSE(client->usable());
}

TEST(ClientConnectionTest, SurplusBytesSpoilOnlyWhatFollows) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("get a\r\n");
    peer.Send("VALUE a 0 1\r\nv\r\nEND\r\nEND\r\n");
  });
  auto client = ConnectTo(server);
  absl::StatusOr<std::optional<Item>> item = client->Get("a");
  ASSERT_TRUE(item.ok()) << item.status();
  EXPECT_EQ((*item)->value, "v");
  EXPECT_FALSE(client->Get("b").ok());
  EXPECT_FALSE(client->usable());
}

TEST(ClientConnectionTest, UnaskedBytesAreNoReply) {
  absl::Notification answered, sent_more;
  FakeServer server([&](FakePeer& peer) {
    peer.Expect("version\r\n");
    peer.Send("VERSION 1\r\n");
    answered.WaitForNotification();
    peer.Send("END\r\n");
    sent_more.Notify();
  });
  auto client = ConnectTo(server);
  EXPECT_TRUE(client->Version().ok());
  answered.Notify();
  sent_more.WaitForNotification();
  EXPECT_TRUE(absl::IsDataLoss(client->Get("a").status()));
}

TEST(ClientConnectionTest, APipelineKeepsWhatArrivedBeforeAFailure) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("get a\r\nget b\r\nget c\r\n");
    peer.Send("VALUE a 0 1\r\n1\r\nEND\r\nVALUE b 0 1\r\n");
    peer.Close();
  });
  auto client = ConnectTo(server);
  Pipeline pipeline;
  for (const char* key : {"a", "b", "c"}) pipeline.Get(key);
  std::vector<Reply> replies = client->Execute(pipeline);
  ASSERT_EQ(replies.size(), 3);
  EXPECT_EQ((*std::move(replies[0]).AsItem())->value, "1");
  EXPECT_TRUE(absl::IsUnavailable(std::move(replies[1]).AsItem().status()));
  EXPECT_TRUE(absl::IsUnavailable(std::move(replies[2]).AsItem().status()));
}

TEST(ClientConnectionTest, AnEmptyPipelineSendsNothing) {
  FakeServer server([](FakePeer&) {});
  auto client = ConnectTo(server);
  EXPECT_TRUE(client->Execute(Pipeline()).empty());
}

// The peer answers each request before it reads the next, as servers do, and both directions carry
// more than any socket buffer: a client that only sends until all is sent would wait forever.
TEST(ClientConnectionTest, BothDirectionsLargerThanTheSocketBuffers) {
  constexpr int kCommands = 300;
  const std::string value(100000, 'v');
  const std::string request =
      absl::StrCat("set k 0 0 ", value.size(), "\r\n", value, "\r\nget k\r\n");
  FakeServer server([&](FakePeer& peer) {
    const std::string reply =
        absl::StrCat("STORED\r\nVALUE k 0 ", value.size(), "\r\n", value, "\r\nEND\r\n");
    for (int i = 0; i < kCommands; ++i) {
      if (peer.Read(request.size()).size() != request.size()) return;
      peer.Send(reply);
    }
  });
  auto client = ConnectTo(server, {.io_timeout = absl::Seconds(30)});
  Pipeline pipeline;
  for (int i = 0; i < kCommands; ++i) {
    pipeline.Set("k", value);
    pipeline.Get("k");
  }
  EXPECT_EQ(pipeline.size(), 2 * kCommands);
  std::vector<Reply> replies = client->Execute(pipeline);
  for (int i = 0; i < kCommands; ++i) {
    ASSERT_EQ(*replies[2 * i].AsStore(), StoreResult::kStored);
    ASSERT_EQ((*std::move(replies[2 * i + 1]).AsItem())->value, value);
  }
}

TEST(ClientConnectionTest, NoreplyWaitsForNothing) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect(
        "set a 0 0 1 noreply\r\nv\r\ncas a 0 0 1 7 noreply\r\nv\r\n"
        "delete a noreply\r\ntouch a 1 noreply\r\nincr a 1 noreply\r\n"
        "flush_all noreply\r\nverbosity 1 noreply\r\n");
  });
  auto client = ConnectTo(server);
  const StoreOptions noreply{.noreply = true};
  EXPECT_EQ(*client->Set("a", "v", noreply), StoreResult::kNoReply);
  EXPECT_EQ(*client->Cas("a", "v", 7, noreply), StoreResult::kNoReply);
  EXPECT_EQ(*client->Delete("a", true), KeyResult::kNoReply);
  EXPECT_EQ(*client->Touch("a", 1, true), KeyResult::kNoReply);
  EXPECT_EQ(*client->Incr("a", 1, true), std::nullopt);
  EXPECT_TRUE(client->FlushAll(0, true).ok());
  EXPECT_TRUE(client->Verbosity(1, true).ok());
}

// Servers answer noreply commands with error lines all the same.
TEST(ClientConnectionTest, ErrorsOfNoreplyCommandsAnswerNobodyElse) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("set a 0 0 1 noreply\r\nv\r\nset b 0 0 1 noreply\r\nv\r\n");
    peer.Send("SERVER_ERROR object too large for cache\r\n");
    peer.Expect("version\r\nget a\r\n");
    peer.Send("VERSION 1\r\nEND\r\n");
    peer.Expect("get a\r\ndelete a noreply\r\nversion\r\nget a\r\ndelete a noreply\r\n");
    peer.Send("END\r\nERROR\r\nVERSION 1\r\nEND\r\nERROR\r\n");
    peer.Expect("version\r\nversion\r\n");
    peer.Send("VERSION 1\r\nVERSION 2\r\n");
  });
  auto client = ConnectTo(server);
  const StoreOptions noreply{.noreply = true};
  EXPECT_TRUE(client->Set("a", "v", noreply).ok());
  EXPECT_TRUE(client->Set("b", "v", noreply).ok());
  EXPECT_EQ(*client->Get("a"), std::nullopt);
  EXPECT_EQ(client->noreply_errors(), 1);

  Pipeline pipeline;
  pipeline.Get("a");
  pipeline.Delete("a", true);
  pipeline.Get("a");
  pipeline.Delete("a", true);
  std::vector<Reply> replies = client->Execute(pipeline);
  ASSERT_EQ(replies.size(), 4);
  EXPECT_EQ(*std::move(replies[0]).AsItem(), std::nullopt);
  EXPECT_EQ(*replies[1].AsKey(), KeyResult::kNoReply);
  EXPECT_EQ(*std::move(replies[2]).AsItem(), std::nullopt);
  EXPECT_EQ(*client->Version(), "2");
  EXPECT_EQ(client->noreply_errors(), 3);
}

TEST(ClientConnectionTest, ARealReplyToNoreplyIsOutOfStep) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("set a 0 0 1 noreply\r\nv\r\nversion\r\nget a\r\n");
    peer.Send("STORED\r\nVERSION 1\r\nEND\r\n");
  });
  auto client = ConnectTo(server);
  EXPECT_TRUE(client->Set("a", "v", {.noreply = true}).ok());
  EXPECT_TRUE(absl::IsDataLoss(client->Get("a").status()));
  EXPECT_FALSE(client->usable());
}

TEST(ClientConnectionTest, QuitDoesNotWaitForever) {
  FakeServer server([](FakePeer& peer) { peer.Expect("quit\r\n"); });
  auto client = ConnectTo(server, {.io_timeout = absl::Milliseconds(50)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(client->Quit()));
}

}  // namespace
}  // namespace overtake::client
