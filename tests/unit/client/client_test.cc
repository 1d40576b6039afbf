#include "client/client.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
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

// Expects one request and answers it.
FakeServer Answering(std::string request, std::string reply) {
  return FakeServer([request = std::move(request), reply = std::move(reply)](FakePeer& peer) {
    peer.Expect(request);
    peer.Send(reply);
  });
}

TEST(ClientTest, RetrievalCommands) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("get a\r\n");
    peer.Send("VALUE a 7 2\r\n\r\n\r\nEND\r\n");
    peer.Expect("gets a\r\n");
    peer.Send("VALUE a 7 1 99\r\nv\r\nEND\r\n");
    peer.Expect("gat -1 a\r\n");
    peer.Send("END\r\n");
    peer.Expect("gats 60 a\r\n");
    peer.Send("VALUE a 0 0 5\r\n\r\nEND\r\n");
    peer.Expect("get a b c\r\n");
    peer.Send("VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n");
    peer.Expect("gets a b\r\n");
    peer.Send("END\r\n");
  });
  auto client = ConnectTo(server);
  absl::StatusOr<std::optional<Item>> item = client->Get("a");
  ASSERT_TRUE(item.ok() && item->has_value());
  EXPECT_EQ((*item)->value, "\r\n");
  EXPECT_EQ((*item)->flags, 7);
  EXPECT_EQ((**client->Gets("a")).cas, 99);
  EXPECT_EQ((*client->Gat(-1, "a")).has_value(), false);
  EXPECT_EQ((**client->Gats(60, "a")).cas, 5);
  absl::StatusOr<std::vector<Item>> items = client->MultiGet({"a", "b", "c"});
  ASSERT_TRUE(items.ok());
  ASSERT_EQ(items->size(), 2);
  EXPECT_EQ((*items)[1].key, "c");
  EXPECT_TRUE(client->MultiGets({"a", "b"})->empty());
  EXPECT_TRUE(client->MultiGet({})->empty());
}

TEST(ClientTest, StorageCommands) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("set a 5 60 3\r\nx\r\n\r\n");
    peer.Send("STORED\r\n");
    peer.Expect("add a 0 0 0\r\n\r\n");
    peer.Send("NOT_STORED\r\n");
    peer.Expect("replace a 0 -1 1\r\nv\r\n");
    peer.Send("NOT_STORED\r\n");
    peer.Expect(
        "append a 0 0 1\r\nv\r\nprepend a 0 0 1\r\nv\r\n"
        "cas a 0 0 1 18446744073709551615\r\nv\r\ncas b 0 0 1 2\r\nv\r\n");
    peer.Send("STORED\r\nSTORED\r\nEXISTS\r\nNOT_FOUND\r\n");
  });
  auto client = ConnectTo(server);
  EXPECT_EQ(*client->Set("a", "x\r\n", {.flags = 5, .exptime = 60}), StoreResult::kStored);
  EXPECT_EQ(*client->Add("a", ""), StoreResult::kNotStored);
  EXPECT_EQ(*client->Replace("a", "v", {.exptime = -1}), StoreResult::kNotStored);
  Pipeline pipeline;
  pipeline.Append("a", "v");
  pipeline.Prepend("a", "v");
  pipeline.Cas("a", "v", 18446744073709551615u);
  pipeline.Cas("b", "v", 2);
  const std::vector<Reply> replies = client->Execute(pipeline);
  ASSERT_EQ(replies.size(), 4);
  EXPECT_EQ(*replies[0].AsStore(), StoreResult::kStored);
  EXPECT_EQ(*replies[1].AsStore(), StoreResult::kStored);
  EXPECT_EQ(*replies[2].AsStore(), StoreResult::kExists);
  EXPECT_EQ(*replies[3].AsStore(), StoreResult::kNotFound);
}

TEST(ClientTest, OtherCommands) {
  FakeServer server([](FakePeer& peer) {
    const std::pair<const char*, const char*> kDialogue[] = {
        {"delete a\r\n", "DELETED\r\n"},    {"delete a\r\n", "NOT_FOUND\r\n"},
        {"incr a 5\r\n", "6\r\n"},          {"decr a 18446744073709551615\r\n", "NOT_FOUND\r\n"},
        {"touch a 9\r\n", "TOUCHED\r\n"},   {"flush_all\r\n", "OK\r\n"},
        {"flush_all 10\r\n", "OK\r\n"},     {"verbosity 1\r\n", "OK\r\n"},
        {"version\r\n", "VERSION 1.6\r\n"}, {"stats items x\r\n", "STAT a b c\r\nEND\r\n"},
    };
    for (const auto& [request, reply] : kDialogue) {
      peer.Expect(request);
      peer.Send(reply);
    }
    peer.Expect("quit\r\n");
    peer.Close();
  });
  auto client = ConnectTo(server);
  EXPECT_EQ(*client->Delete("a"), KeyResult::kDone);
  EXPECT_EQ(*client->Delete("a"), KeyResult::kNotFound);
  EXPECT_EQ(*client->Incr("a", 5), 6);
  EXPECT_EQ(*client->Decr("a", 18446744073709551615u), std::nullopt);
  EXPECT_EQ(*client->Touch("a", 9), KeyResult::kDone);
  EXPECT_TRUE(client->FlushAll().ok());
  EXPECT_TRUE(client->FlushAll(10).ok());
  EXPECT_TRUE(client->Verbosity(1).ok());
  EXPECT_EQ(*client->Version(), "1.6");
  EXPECT_EQ(*client->Stats("items x"), (Stats{{"a", "b c"}}));
  EXPECT_TRUE(client->Quit().ok());
  EXPECT_FALSE(client->usable());
}

TEST(ClientTest, RefusalsLeaveTheConnectionUsable) {
  FakeServer server([](FakePeer& peer) {
    peer.Expect("incr a 1\r\n");
    peer.Send("CLIENT_ERROR cannot increment\r\n");
    peer.Expect("gat 1 a\r\n");
    peer.Send("ERROR\r\n");
    peer.Expect("set a 0 0 1\r\nv\r\n");
    peer.Send("SERVER_ERROR out of memory storing object\r\n");
    peer.Expect("version\r\n");
    peer.Send("VERSION 1\r\n");
  });
  auto client = ConnectTo(server);
  EXPECT_TRUE(absl::IsInvalidArgument(client->Incr("a", 1).status()));
  EXPECT_TRUE(absl::IsUnimplemented(client->Gat(1, "a").status()));
  EXPECT_TRUE(absl::IsResourceExhausted(client->Set("a", "v").status()));
  EXPECT_TRUE(client->usable());
  EXPECT_EQ(*client->Version(), "1");
}

// The value of a set whose line was rejected may be taken for a command.
TEST(ClientTest, ARejectedStorageLineBreaksTheConnection) {
  FakeServer server = Answering("prepend a 0 0 9\r\nflush_all\r\n", "ERROR\r\n");
  auto client = ConnectTo(server);
  EXPECT_TRUE(absl::IsUnimplemented(client->Prepend("a", "flush_all").status()));
  EXPECT_FALSE(client->usable());
  EXPECT_TRUE(absl::IsUnavailable(client->Get("a").status()));
}

TEST(ClientTest, BadKeysAreNeverSent) {
  FakeServer server = Answering("get ok\r\n", "END\r\n");
  auto client = ConnectTo(server);
  const std::string too_long(251, 'k');
  for (absl::string_view key :
       {absl::string_view(""), absl::string_view("a b"), absl::string_view("a\r\nflush_all"),
        absl::string_view("a\0", 2), absl::string_view("\x7f"), absl::string_view(too_long)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(client->Get(key).status())) << key;
    EXPECT_TRUE(absl::IsInvalidArgument(client->Set(key, "v").status())) << key;
    EXPECT_TRUE(absl::IsInvalidArgument(client->Delete(key).status())) << key;
    const std::vector<std::string> keys = {"ok", std::string(key)};
    EXPECT_TRUE(absl::IsInvalidArgument(client->MultiGet(keys).status())) << key;
    EXPECT_TRUE(absl::IsInvalidArgument(client->MultiGat(0, keys).status())) << key;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(client->Stats("a\r\nflush_all").status()));
  Pipeline pipeline;
  pipeline.Incr("a b", 1);
  pipeline.Get("ok");
  const std::vector<Reply> replies = client->Execute(pipeline);
  EXPECT_TRUE(absl::IsInvalidArgument(replies[0].status));
  EXPECT_TRUE(replies[1].status.ok());
  EXPECT_TRUE(CheckKey(std::string(250, 'k')).ok());
  EXPECT_TRUE(CheckKey("schl\xc3\xbcssel").ok());
}

TEST(ClientTest, LongGatIsSentInParts) {
  std::vector<std::string> keys;
  for (int i = 0; i < 30; ++i) keys.push_back(absl::StrCat(std::string(240, 'k'), i));
  FakeServer server([&keys](FakePeer& peer) {
    std::string line;
    size_t seen = 0;
    while (seen < keys.size()) {
      line += peer.Read(1);
      if (line.back() != '\n') continue;
      EXPECT_LT(line.size(), 2048);
      for (; seen < keys.size() && line.find(keys[seen]) != line.npos; ++seen) {
        peer.Send(absl::StrCat("VALUE ", keys[seen], " 0 1 1\r\nv\r\n"));
      }
      peer.Send("END\r\n");
      line.clear();
    }
  });
  auto client = ConnectTo(server);
  absl::StatusOr<std::vector<Item>> items = client->MultiGats(60, keys);
  ASSERT_TRUE(items.ok()) << items.status();
  EXPECT_EQ(items->size(), keys.size());
}

}  // namespace
}  // namespace overtake::client
