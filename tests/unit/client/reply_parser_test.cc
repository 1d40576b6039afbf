#include "client/reply_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace overtake::client {
namespace {

constexpr size_t kMaxValue = 1000;

struct Parsed {
  absl::StatusOr<bool> complete;
  Reply reply;
  std::string rest;  // What belongs to the next reply.
};

// Hands `bytes` over in pieces of `piece` bytes.
Parsed Parse(ReplyKind kind, absl::string_view bytes, absl::string_view keys = "",
             size_t piece = 1 << 20) {
  ReplyParser parser(kind, keys, kMaxValue);
  absl::StatusOr<bool> complete = false;
  while (!bytes.empty() && complete.ok() && !*complete) {
    absl::string_view input = bytes.substr(0, piece);
    const size_t offered = input.size();
    complete = parser.Consume(&input);
    bytes.remove_prefix(offered - input.size());
  }
  Parsed parsed{complete, {}, std::string(bytes)};
  if (complete.ok() && *complete) parsed.reply = parser.TakeReply();
  return parsed;
}

void ExpectMalformed(ReplyKind kind, absl::string_view bytes, absl::string_view keys = "") {
  EXPECT_TRUE(absl::IsDataLoss(Parse(kind, bytes, keys).complete.status())) << bytes;
  EXPECT_TRUE(absl::IsDataLoss(Parse(kind, bytes, keys, 1).complete.status())) << bytes;
}

TEST(ReplyParserTest, ItemsInPiecesOfAnySize) {
  const std::string bytes =
      "VALUE a 0 5\r\nhello\r\nVALUE bb 4294967295 0\r\n\r\nVALUE c 1 7\r\n\r\nEND\r\n\r\nEND\r\nX";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    Parsed parsed = Parse(ReplyKind::kItems, bytes, "a x bb c", piece);
    ASSERT_TRUE(parsed.complete.ok()) << parsed.complete.status();
    EXPECT_TRUE(*parsed.complete);
    EXPECT_EQ(parsed.rest, "X");
    const std::vector<Item>& items = parsed.reply.items;
    ASSERT_EQ(items.size(), 3);
    EXPECT_EQ(items[0].value, "hello");
    EXPECT_EQ(items[1].key, "bb");
    EXPECT_EQ(items[1].flags, 4294967295);
    EXPECT_EQ(items[1].value, "");
    EXPECT_EQ(items[2].value, "\r\nEND\r\n");
  }
}

TEST(ReplyParserTest, ItemsWithCas) {
  Parsed parsed =
      Parse(ReplyKind::kItemsWithCas, "VALUE a 3 1 18446744073709551615\r\nv\r\nEND\r\n", "a");
  ASSERT_EQ(parsed.reply.items.size(), 1);
  EXPECT_EQ(parsed.reply.items[0].cas, 18446744073709551615u);
}

TEST(ReplyParserTest, ItemsInAnotherOrderAndTwice) {
  Parsed parsed =
      Parse(ReplyKind::kItems,
            "VALUE c 0 1\r\n3\r\nVALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n1\r\nEND\r\n", "a b c a");
  ASSERT_TRUE(parsed.complete.ok()) << parsed.complete.status();
  EXPECT_EQ(parsed.reply.items.size(), 3);
}

TEST(ReplyParserTest, ItemsNobodyAskedFor) {
  ExpectMalformed(ReplyKind::kItems, "VALUE other 0 1\r\n1\r\nEND\r\n", "a b");
  ExpectMalformed(ReplyKind::kItems, "VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n1\r\nEND\r\n", "a");
}

TEST(ReplyParserTest, AnErrorLineEndsAnyReply) {
  const std::pair<std::string, absl::StatusCode> kErrors[] = {
      {"ERROR", absl::StatusCode::kUnimplemented},
      {"CLIENT_ERROR bad data chunk", absl::StatusCode::kInvalidArgument},
      {"SERVER_ERROR out of memory storing object", absl::StatusCode::kResourceExhausted},
      {"SERVER_ERROR object too large for cache", absl::StatusCode::kResourceExhausted},
      {"SERVER_ERROR", absl::StatusCode::kInternal},
  };
  for (ReplyKind kind : {ReplyKind::kStore, ReplyKind::kDelete, ReplyKind::kTouch, ReplyKind::kOk,
                         ReplyKind::kCounter, ReplyKind::kItems, ReplyKind::kItemsWithCas,
                         ReplyKind::kStats, ReplyKind::kVersion}) {
    for (const auto& [line, code] : kErrors) {
      Parsed parsed = Parse(kind, line + "\r\n", "a");
      ASSERT_TRUE(parsed.complete.ok() && *parsed.complete) << line;
      EXPECT_EQ(parsed.reply.status.code(), code) << line;
    }
  }
  Parsed parsed = Parse(ReplyKind::kItems, "VALUE a 0 1\r\n1\r\nSERVER_ERROR busy\r\n", "a b");
  EXPECT_TRUE(absl::IsInternal(parsed.reply.status));
  EXPECT_TRUE(parsed.reply.items.empty());
}

TEST(ReplyParserTest, RepliesOfTheWrongKind) {
  ExpectMalformed(ReplyKind::kStore, "DELETED\r\n");
  ExpectMalformed(ReplyKind::kStore, "STORED \r\n");
  ExpectMalformed(ReplyKind::kDelete, "STORED\r\n");
  ExpectMalformed(ReplyKind::kTouch, "DELETED\r\n");
  ExpectMalformed(ReplyKind::kOk, "OKAY\r\n");
  ExpectMalformed(ReplyKind::kVersion, "1.6\r\n");
  ExpectMalformed(ReplyKind::kItems, "STORED\r\n", "a");
  ExpectMalformed(ReplyKind::kStats, "STORED\r\n");
  ExpectMalformed(ReplyKind::kStats, "STAT\r\n");
  ExpectMalformed(ReplyKind::kStore, "ERRORS\r\n");
  ExpectMalformed(ReplyKind::kStore, "\r\n");
}

TEST(ReplyParserTest, Counters) {
  EXPECT_EQ(**Parse(ReplyKind::kCounter, "18446744073709551615\r\n").reply.AsCounter(),
            18446744073709551615u);
  EXPECT_EQ(*Parse(ReplyKind::kCounter, "NOT_FOUND\r\n").reply.AsCounter(), std::nullopt);
  ExpectMalformed(ReplyKind::kCounter, "18446744073709551616\r\n");
  ExpectMalformed(ReplyKind::kCounter, "-1\r\n");
  ExpectMalformed(ReplyKind::kCounter, "+1\r\n");
}

TEST(ReplyParserTest, HostileItemLines) {
  for (const char* line :
       {"VALUE", "VALUE a", "VALUE a 0", "VALUE a 0 -1", "VALUE a 0 1001", "VALUE a 0 1 2",
        "VALUE a 4294967296 1", "VALUE a -1 1", "VALUE a 0 99999999999999999999999", "VALUE  a 0 1",
        "VALUE a 0 1 ", "VALUE a 0 0x10", "value a 0 1", "VALUE a 0 1\r", "VALUE a 0 \t1"}) {
    ExpectMalformed(ReplyKind::kItems, absl::StrCat(line, "\r\n"), "a");
  }
  for (const char* line : {"VALUE a 0 1", "VALUE a 0 1 -1", "VALUE a 0 1 18446744073709551616"}) {
    ExpectMalformed(ReplyKind::kItemsWithCas, absl::StrCat(line, "\r\n"), "a");
  }
  ExpectMalformed(ReplyKind::kItems, "VALUE a 0 1\r\nxxEND\r\n", "a");
  ExpectMalformed(ReplyKind::kItems, "VALUE a 0 1\r\nx\rEND\r\n", "a");
  ExpectMalformed(ReplyKind::kItems, "END\n", "a");
}

TEST(ReplyParserTest, LinesAreBounded) {
  const std::string endless(ReplyParser::kMaxLineBytes + 1, 'x');
  ExpectMalformed(ReplyKind::kVersion, endless);
  ExpectMalformed(ReplyKind::kStats, "STAT " + endless);
}

TEST(ReplyParserTest, StatisticsAreBounded) {
  ReplyParser parser(ReplyKind::kStats, "", kMaxValue);
  const std::string line = "STAT a " + std::string(8000, 'x') + "\r\n";
  absl::Status status;
  size_t bytes = 0;
  for (; status.ok() && bytes < 2 * ReplyParser::kMaxStatsBytes; bytes += line.size()) {
    absl::string_view input = line;
    status = parser.Consume(&input).status();
  }
  EXPECT_TRUE(absl::IsDataLoss(status));
}

TEST(ReplyParserTest, Statistics) {
  Parsed parsed =
      Parse(ReplyKind::kStats,
            "STAT pid 12\r\nSTAT name two words\r\nSTAT empty \r\nSTAT none\r\nEND\r\n");
  const Stats expected = {{"pid", "12"}, {"name", "two words"}, {"empty", ""}, {"none", ""}};
  EXPECT_EQ(parsed.reply.stats, expected);
  EXPECT_TRUE(*Parse(ReplyKind::kStats, "RESET\r\n").complete);
  EXPECT_TRUE(*Parse(ReplyKind::kStats, "OK\r\n").complete);
}

TEST(ReplyParserTest, TheWrongAccessorIsAnError) {
  EXPECT_TRUE(absl::IsFailedPrecondition(
      Parse(ReplyKind::kItems, "END\r\n", "a").reply.AsStore().status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Parse(ReplyKind::kOk, "OK\r\n").reply.AsKey().status()));
}

TEST(ReplyParserTest, ABarrierCountsTheErrorsItMay) {
  ReplyParser parser(ReplyKind::kBarrier, "", 0);
  parser.AllowErrors(2);
  absl::string_view input = "ERROR\r\nSERVER_ERROR x\r\nVERSION 1\r\nrest";
  EXPECT_TRUE(*parser.Consume(&input));
  EXPECT_EQ(parser.errors(), 2);
  EXPECT_EQ(input, "rest");

  ReplyParser strict(ReplyKind::kBarrier, "", 0);
  strict.AllowErrors(1);
  input = "ERROR\r\nERROR\r\nVERSION 1\r\n";
  EXPECT_TRUE(absl::IsDataLoss(strict.Consume(&input).status()));
}

// Pieces of real replies in random order, with random damage: whatever it says, it must terminate,
// use all of the input or come to a verdict, and keep to its limits.
TEST(ReplyParserTest, Garbage) {
  const std::string pieces[] = {"VALUE ",
                                "a ",
                                "b",
                                "0",
                                "1 ",
                                "\r\n",
                                "\n",
                                "END",
                                "STAT",
                                "ERROR",
                                "\r",
                                "SERVER_ERROR",
                                "999",
                                "STORED",
                                "-",
                                " ",
                                "VERSION ",
                                "xyz",
                                std::string(1, '\0'),
                                "OK"};
  std::mt19937 random(20240607);  // Any fixed number: a failure must be repeatable.
  for (int round = 0; round < 50000; ++round) {
    std::string bytes;
    for (size_t n = random() % 20; n > 0; --n) bytes += pieces[random() % std::size(pieces)];
    const auto kind =
        static_cast<ReplyKind>(random() % (1 + static_cast<int>(ReplyKind::kBarrier)));
    Parsed parsed = Parse(kind, bytes, "a b", 1 + random() % 8);
    if (parsed.complete.ok() && !*parsed.complete) {
      EXPECT_EQ(parsed.rest, "");
    }
    for (const Item& item : parsed.reply.items) EXPECT_LE(item.value.size(), kMaxValue);
  }
}

}  // namespace
}  // namespace overtake::client
