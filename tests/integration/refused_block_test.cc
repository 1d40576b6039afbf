// What an application stores is never taken for commands, whatever is wrong with the line before
// it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

constexpr char kBadFormat[] = "CLIENT_ERROR bad command line format\r\n";
constexpr char kInjected[] = "flush_all\r\n";  // a data block of 9 bytes, and its end

struct Refused {
  std::string line;
  std::string reply;
};

// One of each kind. Each line announces 9 bytes.
std::vector<Refused> RefusedLines() {
  const std::string long_key(251, 'k');
  return {{"set " + long_key + " 0 0 9", kBadFormat},
          {"add a x 0 9", kBadFormat},
          {"replace a 0 x 9", kBadFormat},
          {"append " + long_key + " 0 0 9 noreply", ""},
          {"prepend a -1 0 9 surplus words", kBadFormat},
          {"cas a 0 0 9 x", kBadFormat},
          {"cas a 0 0 9", kBadFormat},
          {"set a" + std::string(1, '\0') + "b x 0 9", kBadFormat},
          {"set a x 0 9 noreply", ""},
          {"ms " + long_key + " 9 q", kBadFormat},
          {"ms a 9 T", "CLIENT_ERROR bad token in command line format\r\n"},
          {"ms a 9 b", "CLIENT_ERROR error decoding key\r\n"},
          {"ms a 9 c f h k l q s t u v I L O P x MS T0 F0",
           "CLIENT_ERROR options flags are too long\r\n"}};
}

class RefusedBlockTest : public ServerTest {};

TEST_P(RefusedBlockTest, IsNotExecuted) {
  StartServer();
  RawSocket other = Connect();
  ASSERT_EQ(other.Ask("set kept 0 0 1\r\nx\r\n"), "STORED\r\n");
  for (const Refused& refused : RefusedLines()) {
    for (const char* line_end : {"\r\n", "\n"}) {
      RawSocket socket = Connect();
      EXPECT_EQ(socket.Ask(refused.line + line_end + kInjected + "mn\r\n", "MN\r\n"),
                refused.reply + "MN\r\n")
          << refused.line;
    }
  }
  EXPECT_EQ(other.Ask("get kept\r\n", "END\r\n"), "VALUE kept 0 1\r\nx\r\nEND\r\n");
}

TEST_P(RefusedBlockTest, CutAnywhere) {
  StartServer();
  RawSocket other = Connect();
  ASSERT_EQ(other.Ask("set kept 0 0 1\r\nx\r\n"), "STORED\r\n");
  for (const Refused& refused : RefusedLines()) {
    const std::string bytes = refused.line + "\r\n" + kInjected + "mn\r\n";
    // Within a long key one place is as good as another.
    const size_t first = bytes.size() > 250 ? 245 : 1;
    std::vector<RawSocket> sockets;
    for (size_t cut = first; cut < bytes.size(); ++cut) {
      sockets.push_back(Connect());
      ASSERT_TRUE(sockets.back().Send(std::string_view(bytes).substr(0, cut)));
    }
    // All have been seen as far as they go.
    ASSERT_EQ(other.Ask("mn\r\n"), "MN\r\n");
    for (size_t cut = first; cut < bytes.size(); ++cut) {
      RawSocket& socket = sockets[cut - first];
      ASSERT_TRUE(socket.Send(std::string_view(bytes).substr(cut)));
      ASSERT_EQ(socket.ReadUntil("MN\r\n"), refused.reply + "MN\r\n")
          << refused.line << " cut at " << cut;
    }
  }
  EXPECT_EQ(other.Ask("get kept\r\n", "END\r\n"), "VALUE kept 0 1\r\nx\r\nEND\r\n");
}

// Each block is a line that would be refused, too, and whose block would be the next line.
TEST_P(RefusedBlockTest, PipelinedByTheThousand) {
  StartServer();
  RawSocket socket = Connect();
  const std::string silent = "set a x 0 20 noreply\r\nset a x 0 20 noreply\r\n";
  const std::string told = "set a x 0 11\r\nset a x 0 1\r\n";
  std::string bytes, replies;
  for (int i = 0; i < 2000; ++i) {
    bytes += silent + silent + told;
    replies += kBadFormat;
  }
  EXPECT_EQ(socket.Ask(bytes + "mn\r\n", "MN\r\n"), replies + "MN\r\n");
}

TEST_P(RefusedBlockTest, IsDroppedAsItArrives) {
  StartServer();
  RawSocket socket = Connect();
  ASSERT_EQ(socket.Ask("mn\r\n"), "MN\r\n");
  const size_t before = server_.RssBytes();
  constexpr size_t kPiece = 1 << 20;
  constexpr size_t kPieces = 100;
  ASSERT_TRUE(socket.Send("set a x 0 " + std::to_string(kPieces * kPiece - 2) + "\r\n"));
  for (size_t i = 0; i < kPieces; ++i) ASSERT_TRUE(socket.Send(std::string(kPiece, '\n')));
  EXPECT_EQ(socket.ReadUntil("\r\n"), kBadFormat);
  EXPECT_LT(server_.RssBytes(), before + (20 << 20));
  EXPECT_EQ(socket.Ask("mn\r\n"), "MN\r\n");
}

TEST_P(RefusedBlockTest, ALengthBeyond32BitsIsRefusedAtOnce) {
  StartServer();
  RawSocket socket = Connect();
  for (const char* line : {"set x 0 0 99999999999999", "set x 0 0 4294967299 noreply",
                           "cas x 0 0 2147483646 1", "ms x 18446744073709551619 q"}) {
    EXPECT_EQ(socket.Ask(std::string(line) + "\r\n"), kBadFormat) << line;
  }
}

// Nobody has logged in: the block must not do it either.
TEST_P(RefusedBlockTest, BeforeTheLogin) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached reads the block's lines as lines";
  std::string file = "/tmp/overtake-users-XXXXXX";
  close(mkstemp(file.data()));
  std::ofstream(file) << "u:p\n";
  ServerOptions options;
  options.more = {"-Y", file};
  StartServer(options);
  std::remove(file.c_str());
  for (const char* line :
       {"add a 0 0 21", "ms a 21 q", "cas a 0 0 21 x noreply", "append a x x 21"}) {
    const std::string bytes =
        std::string(line) + "\r\nset a 0 0 3\r\nu p\r\nxxx\r\nmn\r\nset a 0 0 3\r\nu p\r\n";
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      RawSocket socket = Connect();
      ASSERT_TRUE(socket.Send(std::string_view(bytes).substr(0, cut)));
      ASSERT_TRUE(socket.Send(std::string_view(bytes).substr(cut)));
      ASSERT_EQ(socket.ReadUntil("STORED\r\n"),
                "CLIENT_ERROR unauthenticated\r\nCLIENT_ERROR unauthenticated\r\nSTORED\r\n")
          << line << " cut at " << cut;
    }
  }
}

OVERTAKE_IN_EVERY_MODE(RefusedBlockTest);

}  // namespace
}  // namespace overtake::tests
