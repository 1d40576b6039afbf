#include "protocol/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace overtake {
namespace {

constexpr size_t kLimit = 1024;

// What a request says, as text, so that two parses can be compared.
std::string Describe(const Request& r) {
  std::string text = std::to_string(static_cast<int>(r.command));
  text += r.noreply ? " noreply" : "";
  text += r.too_large ? " too_large" : "";
  text += r.last_part ? "" : " part";
  text += " flags=" + std::to_string(r.flags) + " exptime=" + std::to_string(r.exptime) +
          " number=" + std::to_string(r.number) + " key=" + std::string(r.key) +
          " value=" + std::string(r.value) + " text=" + std::string(r.text) + " keys=";
  KeyList keys = r.keys;
  std::string_view key;
  while (keys.Next(&key)) text += std::string(key) + ",";
  return text;
}

// Feeds `pieces` one after the other, as a connection would, and returns all requests.
std::vector<std::string> ParseAll(const std::vector<std::string>& pieces, size_t limit = kLimit) {
  RequestParser parser(limit);
  std::vector<std::string> requests;
  std::string unread;
  for (const std::string& piece : pieces) {
    unread += piece;
    while (true) {
      Request request;
      size_t consumed = 0;
      const auto result = parser.Next(unread, &request, &consumed);
      EXPECT_LE(consumed, unread.size());
      if (result == RequestParser::Result::kRequest) requests.push_back(Describe(request));
      unread.erase(0, consumed);
      if (result == RequestParser::Result::kNeedMore) {
        EXPECT_GT(parser.needed(), unread.size());
        break;
      }
    }
  }
  return requests;
}

Request ParseOne(const std::string& bytes) {
  RequestParser parser(kLimit);
  Request request;
  size_t consumed = 0;
  EXPECT_EQ(parser.Next(bytes, &request, &consumed), RequestParser::Result::kRequest) << bytes;
  return request;
}

TEST(Parser, GetHasItsKeys) {
  const std::string bytes = "get a bb  ccc \r\n";
  Request request = ParseOne(bytes);
  EXPECT_EQ(request.command, Command::kGet);
  std::vector<std::string> keys;
  std::string_view key;
  while (request.keys.Next(&key)) keys.emplace_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "bb", "ccc"}));
}

TEST(Parser, SetHasAllFields) {
  const std::string bytes = "cas key 7 -5 4 99 noreply\r\n\r\n\r\n\r\n";
  const Request request = ParseOne(bytes);
  EXPECT_EQ(request.command, Command::kCas);
  EXPECT_EQ(request.key, "key");
  EXPECT_EQ(request.flags, 7U);
  EXPECT_EQ(request.exptime, -5);
  EXPECT_EQ(request.number, 99U);
  EXPECT_EQ(request.value, "\r\n\r\n");
  EXPECT_TRUE(request.noreply);
}

TEST(Parser, ErrorsAreWorded) {
  const std::string long_key(251, 'k');
  const struct {
    std::string line;
    std::string_view error;
  } kCases[] = {
      {"\r\n", "ERROR"},
      {"nonsense\r\n", "ERROR"},
      {"GET a\r\n", "ERROR"},
      {"get\r\n", "ERROR"},
      {"get " + long_key + "\r\n", "CLIENT_ERROR bad command line format"},
      {"get a " + long_key + "\r\n", "CLIENT_ERROR bad command line format"},
      {"set " + long_key + " 0 0 1\r\n", "CLIENT_ERROR bad command line format"},
      {"set a b 0 1\r\n", "CLIENT_ERROR bad command line format"},
      {"set a 0 0 -1\r\n", "CLIENT_ERROR bad command line format"},
      {"set a 0 0\r\n", "ERROR"},
      {"set a 0 0 3\r\nabcde", "CLIENT_ERROR bad data chunk"},
      {"incr a b\r\n", "CLIENT_ERROR invalid numeric delta argument"},
      {"touch a b\r\n", "CLIENT_ERROR invalid exptime argument"},
      {"gat x a\r\n", "CLIENT_ERROR invalid exptime argument"},
      {"flush_all x\r\n", "CLIENT_ERROR invalid exptime argument"},
      {"delete a 1\r\n", "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]"},
  };
  for (const auto& c : kCases) {
    const Request request = ParseOne(c.line);
    EXPECT_EQ(request.command, Command::kInvalid) << c.line;
    EXPECT_EQ(request.text, c.error) << c.line;
  }
}

TEST(Parser, HttpEndsTheConnection) {
  EXPECT_EQ(ParseOne("GET / HTTP/1.1\r\n").command, Command::kQuit);
  EXPECT_EQ(ParseOne("get a HTTP/1.1\r\n").command, Command::kGet);
}

TEST(Parser, TheBinaryProtocolIsClosed) {
  EXPECT_EQ(ParseOne("\x80\x0a").command, Command::kQuit);
  const auto requests = ParseAll({"version\r\n\x80\r\n"});
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_NE(requests[1].find("text=ERROR"), std::string::npos);
}

TEST(Parser, CutsChangeNothing) {
  const std::vector<std::string> streams = {
      "get a\r\nget b c\r\ngets d\nquit\r\n",
      "set a 1 2 5\r\nab\r\nc\r\nget a\r\n",
      "set a 1 2 5 noreply\r\nhello\r\nset b 0 0 0\r\n\r\nget b\r\n",
      "set a 0 0 2000\r\n" + std::string(2000, 'x') + "\r\nget a\r\n",
      "set a 0 0 3\r\nabcdef\r\nget a\r\n",
      "set a b c d\r\nvalue\r\nget a\r\n",
      "\r\n\n \r\nget a\r\n",
      "incr a 5\r\ndecr a 5 noreply\r\ntouch a 5\r\ndelete a\r\nflush_all\r\nstats x\r\n",
  };
  for (const std::string& stream : streams) {
    const std::vector<std::string> whole = ParseAll({stream});
    for (size_t cut = 1; cut < stream.size(); ++cut) {
      EXPECT_EQ(ParseAll({stream.substr(0, cut), stream.substr(cut)}), whole) << stream << cut;
    }
    std::vector<std::string> bytes;
    for (char c : stream) bytes.emplace_back(1, c);
    EXPECT_EQ(ParseAll(bytes), whole) << stream;
  }
}

TEST(Parser, TooLargeIsDiscardedInStep) {
  const auto requests = ParseAll({"set a 0 0 1000000\r\n", std::string(500000, 'x'),
                                  std::string(500000, '\n') + "\r\n", "version\r\n"});
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_NE(requests[0].find("too_large"), std::string::npos);
  EXPECT_NE(requests[1].find("SERVER_ERROR object too large for cache"), std::string::npos);
  EXPECT_EQ(requests[2], Describe(ParseOne("version\r\n")));
}

TEST(Parser, TheErrorFollowsTheWholeValue) {
  EXPECT_EQ(ParseAll({"set a 0 0 2000\r\n", std::string(2001, 'x')}).size(), 1U);
  EXPECT_EQ(ParseAll({"set a 0 0 2000\r\n", std::string(2002, 'x')}).size(), 2U);
  EXPECT_EQ(ParseAll({"set a 0 0 2000 noreply\r\n", std::string(2002, 'x')}).size(), 1U);
}

TEST(Parser, ALineWithoutEndIsClosed) {
  EXPECT_TRUE(ParseAll({std::string(2048, 'x')}).empty());
  const auto requests = ParseAll({std::string(2049, 'x')});
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0][0], std::to_string(static_cast<int>(Command::kQuit))[0]);
}

TEST(Parser, AnEndlessMultigetIsTakenInParts) {
  RequestParser parser(kLimit);
  std::string unread = "gets ";
  size_t keys_sent = 0;
  size_t keys_seen = 0;
  size_t largest = 0;
  bool ended = false;
  const auto drain = [&] {
    while (true) {
      Request request;
      size_t consumed = 0;
      if (parser.Next(unread, &request, &consumed) == RequestParser::Result::kNeedMore) {
        unread.erase(0, consumed);
        return;
      }
      EXPECT_EQ(request.command, Command::kGets);
      std::string_view key;
      while (request.keys.Next(&key)) {
        EXPECT_EQ(key, "key" + std::to_string(keys_seen));
        ++keys_seen;
      }
      ended = request.last_part;
      unread.erase(0, consumed);
    }
  };
  while (keys_sent < 400'000) {
    for (int i = 0; i < 1000; ++i) unread += "key" + std::to_string(keys_sent++) + " ";
    largest = std::max(largest, unread.size());
    drain();
    EXPECT_FALSE(ended);
  }
  unread += "\r\n";
  drain();
  EXPECT_TRUE(ended);
  EXPECT_EQ(keys_seen, keys_sent);
  EXPECT_LT(largest, 2 * RequestParser::kMaxRetrievalLineBytes);
}

TEST(Parser, AKeyTooLongInALaterPartEndsTheMultiget) {
  std::string line = "get ";
  while (line.size() < RequestParser::kMaxRetrievalLineBytes + 100) line += "key ";
  const auto requests = ParseAll({line, std::string(300, 'k') + " key", " key\r\nversion\r\n"});
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_NE(requests[0].find("part"), std::string::npos);
  EXPECT_NE(requests[1].find("bad command line format"), std::string::npos);
  EXPECT_EQ(requests[2], Describe(ParseOne("version\r\n")));
}

}  // namespace
}  // namespace overtake
