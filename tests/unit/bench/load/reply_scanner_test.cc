#include "bench/load/reply_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace overtake::bench {
namespace {

// Feeds `stream` in pieces of `step` bytes.
absl::Status Scan(absl::string_view stream, size_t step, std::vector<Reply>* replies) {
  ReplyScanner scanner;
  for (size_t at = 0; at < stream.size(); at += step) {
    absl::Status status = scanner.Feed(stream.substr(at, step), [&](const Reply& reply) {
      replies->push_back(reply);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

TEST(ReplyScannerTest, CutsAStreamCutAnywhere) {
  const std::string stream =
      "STORED\r\n"
      "VALUE a 0 5\r\nhello\r\nVALUE b 7 12 99\r\nEND\r\nSTORED\n\r\nEND\r\n"
      "END\r\n"
      "VALUE empty 0 0\r\n\r\nEND\r\n"
      "SERVER_ERROR out of memory storing object\r\n"
      "VERSION 1\r\n";
  for (size_t step = 1; step <= stream.size(); ++step) {
    std::vector<Reply> replies;
    ASSERT_TRUE(Scan(stream, step, &replies).ok()) << "in pieces of " << step;
    ASSERT_EQ(replies.size(), 6U);
    EXPECT_EQ(replies[0].kind, Reply::Kind::kStored);
    EXPECT_EQ(replies[1].kind, Reply::Kind::kValues);
    EXPECT_EQ(replies[1].values, 2U);
    EXPECT_EQ(replies[1].value_bytes, 17U);
    EXPECT_EQ(replies[2].kind, Reply::Kind::kValues);
    EXPECT_EQ(replies[2].values, 0U);
    EXPECT_EQ(replies[3].values, 1U);
    EXPECT_EQ(replies[3].value_bytes, 0U);
    EXPECT_EQ(replies[4].kind, Reply::Kind::kError);
    EXPECT_EQ(replies[4].line, "SERVER_ERROR out of memory storing object");
    EXPECT_EQ(replies[5].kind, Reply::Kind::kOther);
  }
}

TEST(ReplyScannerTest, RefusesWhatIsNoReply) {
  for (absl::string_view stream : {"STORED\n", "VALUE a 0\r\n", "VALUE a 0 x\r\n",
                                   "VALUE a 0 2\r\nabc\r\n", "VALUE a 0 2\r\nab\nEND\r\n"}) {
    std::vector<Reply> replies;
    EXPECT_FALSE(Scan(stream, stream.size(), &replies).ok()) << stream;
    EXPECT_FALSE(Scan(stream, 1, &replies).ok()) << stream;
  }
}

TEST(ReplyScannerTest, PassesOnTheErrorOfItsCaller) {
  ReplyScanner scanner;
  int calls = 0;
  const absl::Status status = scanner.Feed("STORED\r\nSTORED\r\n", [&](const Reply&) {
    ++calls;
    return absl::InternalError("enough");
  });
  EXPECT_EQ(status.message(), "enough");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace overtake::bench
