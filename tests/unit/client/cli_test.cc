#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "client/cli_command.h"
#include "client/cli_prompt.h"
#include "tests/unit/client/fake_server.h"

namespace overtake::client {
namespace {

using Words = std::vector<std::string>;

TEST(CliTest, SplitWords) {
  EXPECT_EQ(*SplitWords("  get\ta  b "), (Words{"get", "a", "b"}));
  EXPECT_EQ(*SplitWords(R"(set k "two words\n\x00\"" x)"),
            (Words{"set", "k", std::string("two words\n\0\"", 12), "x"}));
  EXPECT_EQ(*SplitWords(R"("")"), (Words{""}));
  EXPECT_EQ(*SplitWords(""), (Words{}));
  EXPECT_FALSE(SplitWords(R"(set k "open)").ok());
  EXPECT_FALSE(SplitWords(R"(set k "open\")").ok());
  EXPECT_FALSE(SplitWords(R"("\q")").ok());
}

TEST(CliTest, StorageCommandsInBothForms) {
  absl::StatusOr<CliCommand> command =
      ParseCliCommand({"set", "k", "--ttl", "-1", "v", "--flags", "7"});
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->arguments, (Words{"k"}));
  EXPECT_EQ(command->value, "v");
  EXPECT_EQ(command->options.flags, 7);
  EXPECT_EQ(command->options.exptime, -1);

  command = ParseCliCommand({"set", "k", "3", "60", "5", "noreply"});
  ASSERT_TRUE(command.ok());
  EXPECT_TRUE(command->NeedsValue());
  EXPECT_EQ(command->options.flags, 3);
  EXPECT_EQ(command->options.exptime, 60);
  EXPECT_EQ(command->announced_bytes, 5);
  EXPECT_TRUE(command->options.noreply);

  command = ParseCliCommand({"cas", "k", "0", "0", "5", "99"});
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->arguments, (Words{"k", "99"}));

  command = ParseCliCommand({"set", "k", "--", "--ttl"});
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->value, "--ttl");
}

TEST(CliTest, WrongUsage) {
  for (const Words& words :
       {Words{}, Words{"bogus"}, Words{"get"}, Words{"set"}, Words{"set", "k", "v", "w"},
        Words{"set", "k", "v", "--ttl"}, Words{"set", "k", "v", "--ttl", "soon"},
        Words{"touch", "k"}, Words{"cas", "k"}, Words{"version", "x"}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseCliCommand(words).status()));
  }
}

// Plays `input` to a prompt that is connected to a server with `script`.
struct Session {
  Session(const std::string& input, std::function<void(FakePeer&)> script) {
    FakeServer server(std::move(script));
    std::istringstream in(input);
    std::ostringstream out_stream, err_stream;
    const int port = server.port();
    CliPrompt prompt([port] { return Client::Connect("127.0.0.1", port); }, "", in, out_stream,
                     err_stream);
    status = prompt.Run();
    out = out_stream.str();
    err = err_stream.str();
  }

  int status;
  std::string out;
  std::string err;
};

TEST(CliTest, ValuesInlineAndOnTheNextLine) {
  Session session(
      "set a \"b c\"\nset a\nnext line \r\nset a 0 0 5\r\nhello\r\nget a\n\nquit\nget b\n",
      [](FakePeer& peer) {
        peer.Expect("set a 0 0 3\r\nb c\r\n");
        peer.Send("STORED\r\n");
        peer.Expect("set a 0 0 10\r\nnext line \r\n");
        peer.Send("STORED\r\n");
        peer.Expect("set a 0 0 5\r\nhello\r\n");
        peer.Send("STORED\r\n");
        peer.Expect("get a\r\n");
        peer.Send("VALUE a 0 5\r\nhello\r\nEND\r\n");
        peer.Expect("quit\r\n");
        peer.Close();
      });
  EXPECT_EQ(session.status, kExitOk);
  EXPECT_EQ(session.out, "STORED\nSTORED\nSTORED\nhello\n");
  EXPECT_EQ(session.err, "");
}

TEST(CliTest, TheWorstStatusCounts) {
  Session session("get a\nset k 0 0 3\nhello\nversion\n", [](FakePeer& peer) {
    peer.Expect("get a\r\n");
    peer.Send("END\r\n");
    peer.Expect("version\r\n");
    peer.Send("VERSION 1\r\n");
    peer.Expect("quit\r\n");
    peer.Close();
  });
  EXPECT_EQ(session.status, kExitError);
  EXPECT_EQ(session.out, "1\n");
  EXPECT_EQ(session.err, "NOT_FOUND\nerror: the value has 5 bytes, not 3\n");
}

TEST(CliTest, NoConnectionWithoutACommand) {
  std::istringstream in("help\n");
  std::ostringstream out, err;
  CliPrompt prompt(
      []() -> absl::StatusOr<std::unique_ptr<Client>> {
        return absl::UnavailableError("must not connect");
      },
      "> ", in, out, err);
  EXPECT_EQ(prompt.Run(), kExitOk);
  EXPECT_NE(out.str().find("flush_all"), std::string::npos);
  EXPECT_EQ(err.str(), "");
}

}  // namespace
}  // namespace overtake::client
