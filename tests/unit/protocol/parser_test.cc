#include "protocol/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/commands/command_table.h"

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
  RequestParser parser(&kCommandTable, limit);
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
  RequestParser parser(&kCommandTable, kLimit);
  Request request;
  size_t consumed = 0;
  EXPECT_EQ(parser.Next(bytes, &request, &consumed), RequestParser::Result::kRequest) << bytes;
  return request;
}

// For logs.
TEST(Parser, RequestsHaveTheirLines) {
  for (const std::string line : {"get a bb  ccc ", "set k 0 0 2", "foo bar", "mg k v", "mn",
                                 "GET / HTTP/1.1", "set k x 0 2", "ms k 2 S2"}) {
    EXPECT_EQ(ParseOne(line + "\r\nab\r\n").line, line);
    EXPECT_EQ(ParseOne(line + "\nab\r\n").line, line);
  }
  // Where its bytes were not kept, an error has none.
  RequestParser parser(&kCommandTable, kLimit);
  Request request;
  size_t consumed = 0;
  const std::string large = "add k 0 0 2000\r\n" + std::string(2000, 'v') + "\r\n";
  ASSERT_EQ(parser.Next(large, &request, &consumed), RequestParser::Result::kRequest);
  EXPECT_EQ(request.line, "add k 0 0 2000");
  const std::string rest = large.substr(consumed);
  ASSERT_EQ(parser.Next(rest, &request, &consumed), RequestParser::Result::kRequest);
  EXPECT_EQ(request.line, "");
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
      {"nonsense\r\n", "ERROR"},
      {"GET a\r\n", "ERROR"},
      {"get " + long_key + "\r\n", "CLIENT_ERROR bad command line format"},
      {"get a " + long_key + "\r\n", "CLIENT_ERROR bad command line format"},
      {"set " + long_key + " 0 0 1\r\na\r\n", "CLIENT_ERROR bad command line format"},
      {"set a b 0 1\r\na\r\n", "CLIENT_ERROR bad command line format"},
      {"set a 0 0 -1\r\n", "CLIENT_ERROR bad command line format"},
      {"set a 0 0 3\r\nabcde", "CLIENT_ERROR bad data chunk"},
      {"incr a b\r\n", "CLIENT_ERROR invalid numeric delta argument"},
      {"touch a b\r\n", "CLIENT_ERROR invalid exptime argument"},
      {"gat x a\r\n", "CLIENT_ERROR invalid exptime argument"},
      {"flush_all x\r\n", "CLIENT_ERROR invalid exptime argument"},
      {"delete " + long_key + " 0\r\n", "CLIENT_ERROR bad command line format"},
      {"verbosity -1\r\n", "CLIENT_ERROR bad command line format"},
      {"cache_memlimit 4294967296\r\n", "ERROR"},
      {"cache_memlimit\r\n", "ERROR"},
  };
  for (const auto& c : kCases) {
    const Request request = ParseOne(c.line);
    EXPECT_EQ(request.command, Command::kInvalid) << c.line;
    EXPECT_EQ(request.text, c.error) << c.line;
  }
}

// The number of words says what is wrong, whatever the words are: noreply is none of them.
TEST(Parser, TooFewWordsAreBadFormat) {
  for (const std::string line : {"get",
                                 "gets",
                                 "gets ",
                                 "gat",
                                 "gat 0",
                                 "gat x",
                                 "gats 0 ",
                                 "set",
                                 "set a",
                                 "set a 0 0",
                                 "set a 0 noreply",
                                 "add",
                                 "cas a 0 0",
                                 "delete",
                                 "incr a",
                                 "incr noreply",
                                 "decr",
                                 "touch a",
                                 "touch noreply",
                                 "mg",
                                 "ms",
                                 "ms a",
                                 "md",
                                 "ma",
                                 "me",
                                 "verbosity"}) {
    const Request request = ParseOne(line + "\r\n");
    EXPECT_EQ(request.command, Command::kInvalid) << line;
    EXPECT_EQ(request.text, "CLIENT_ERROR bad command line format") << line;
    EXPECT_FALSE(request.noreply) << line;
  }
}

TEST(Parser, ShortLinesAreBadFormat) {
  for (const std::string line :
       {"\n", "\r\n", "a\n", "a\r\n", "ab\n", " \n", " \r\n", "\r\r\n", "\t\n", "mg\n", "mx\n"}) {
    EXPECT_EQ(ParseOne(line).text, "CLIENT_ERROR bad command line format") << line;
  }
  for (const std::string line : {"ab\r\n", "abc\n", "  \r\n", "   \n", " a\r\n", "mx\r\n"}) {
    EXPECT_EQ(ParseOne(line).text, "ERROR") << line;
  }
  EXPECT_EQ(ParseOne("mn\n").command, Command::kMetaNoop);
}

TEST(Parser, SurplusWordsAreIgnored) {
  for (const std::string line :
       {"delete a 0", "delete a 5", "delete a foo bar", "incr a 1 x", "decr a 1 2 3",
        "touch a 0 foo", "flush_all 0 1", "flush_all 0 foo bar", "verbosity 0 x y"}) {
    for (const bool noreply : {false, true}) {
      const std::string bytes = line + (noreply ? " noreply" : "") + "\r\n";
      const Request request = ParseOne(bytes);
      EXPECT_NE(request.command, Command::kInvalid) << line;
      EXPECT_EQ(request.noreply, noreply) << line;
    }
    EXPECT_FALSE(ParseOne(line + " noreply x\r\n").noreply) << line;
  }
  EXPECT_FALSE(ParseOne("delete noreply\r\n").noreply);
  EXPECT_TRUE(ParseOne("delete noreply noreply\r\n").noreply);
}

TEST(Parser, NoreplySilencesWhatNobodyKnows) {
  for (const std::string line : {"foo", "foo bar", "f", "slabs x", "lru x", "lru_crawler x",
                                 "cache_memlimit", "shutdown", "refresh_certs"}) {
    EXPECT_TRUE(ParseOne(line + " noreply\r\n").noreply) << line;
    EXPECT_FALSE(ParseOne(line + " noreply x\r\n").noreply) << line;
  }
}

TEST(Parser, HttpEndsTheConnection) {
  for (const std::string line :
       {"GET / HTTP/1.1", "G / HTTP/1.1", "axx HTTP/1.1", "mx HTTP/", "gett a HTTP/1.1"}) {
    EXPECT_EQ(ParseOne(line + "\r\n").command, Command::kQuit) << line;
  }
  for (const std::string line : {"HTTP/1.1", "GET / HTTP/1.1 x", "GET / HTTP", "GET / http/1.1"}) {
    EXPECT_EQ(ParseOne(line + "\r\n").text, "ERROR") << line;
  }
  EXPECT_EQ(ParseOne("get a HTTP/1.1\r\n").command, Command::kGet);
}

TEST(Parser, NumbersAreDigits) {
  for (const std::string number :
       {"+1", "1\t", "\t1", "1.0", "0x1", "-", "99999999999999999999999", "1,"}) {
    for (const std::string before :
         {"incr a ", "touch a ", "flush_all ", "cas a 0 0 0 ", "verbosity ", "cache_memlimit "}) {
      EXPECT_EQ(ParseOne(before + number + "\r\n\r\n").command, Command::kInvalid)
          << before << number;
    }
    EXPECT_EQ(ParseOne("gat " + number + " a\r\n").command, Command::kInvalid) << number;
  }
  for (const std::string exptime : {"2147483648", "-2147483649", "4294967299", "000000000001"}) {
    EXPECT_EQ(ParseOne("touch a " + exptime + "\r\n").command, Command::kInvalid) << exptime;
    EXPECT_EQ(ParseOne("gat " + exptime + " a\r\n").command, Command::kInvalid) << exptime;
  }
  EXPECT_EQ(ParseOne("touch a -2147483648\r\n").exptime, INT32_MIN);
  EXPECT_EQ(ParseOne("incr a 18446744073709551615\r\n").number, UINT64_MAX);
}

// As memcached reads them still.
TEST(Parser, ASetsFlagsAndExptimeAreNumbersAsInC) {
  const std::string line = "set a +4294967299\t -1";
  const std::string bytes = line + std::string(1, '\0') + "x 0\r\n\r\n";
  const Request request = ParseOne(bytes);
  EXPECT_EQ(request.command, Command::kSet);
  EXPECT_EQ(request.flags, 3U);
  EXPECT_EQ(request.exptime, -1);
}

TEST(Parser, TheBinaryProtocolIsClosed) {
  EXPECT_EQ(ParseOne("\x80\x0a").command, Command::kQuit);
  const auto requests = ParseAll({"version\r\n\x80\x81\r\n"});
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
      "set a b c 5\r\nvalue\r\nget a\r\nset a b c 5 noreply\r\nv\nlue\r\nget a\r\n",
      "ms a 9 T1 T1 q\r\nflush_all\r\nget a\r\n",
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

// Lines of storage commands whose length can be read, and that are refused for something else. Each
// announces a block of 9 bytes.
std::vector<std::string> RefusedLines() {
  const std::string long_key(251, 'k');
  std::vector<std::string> lines;
  for (const std::string name : {"set", "add", "replace", "append", "prepend"}) {
    for (const std::string& line :
         {name + " " + long_key + " 0 0 9", name + " a x 0 9", name + " a 0 x 9",
          name + " a -1 0 9", name + " a 0 99999999999999999999 9", name + " a x 0 9 surplus words",
          name + " a" + std::string(1, '\0') + "b " + std::string(1, '\0') + "0 0 9"}) {
      lines.push_back(line);
    }
  }
  for (const std::string& line :
       {"cas " + long_key + " 0 0 9 1", std::string("cas a 0 0 9"), std::string("cas a 0 0 9 x"),
        std::string("cas a x 0 9 1"), std::string("cas a 0 x 9 1 surplus words"),
        std::string("cas a 0 0 9 18446744073709551616"), "ms " + long_key + " 9",
        "ms " + long_key + " 9 q", std::string("ms a 9 T"), std::string("ms a 9 Tx q"),
        std::string("ms a 9 c c"), std::string("ms a 9 -"), std::string("ms a 9 b"),
        std::string("ms a 9 Mx"), std::string("ms a 9 Fx k"), std::string("ms a 9 \xff"),
        "ms a 9 O" + std::string(32, 'o'),
        std::string("ms a 9 c f h k l q s t u v I L O P x MS T0 F0")}) {
    lines.push_back(line);
  }
  return lines;
}

TEST(Parser, NobodyExecutesTheBlockOfARefusedLine) {
  const std::string version = Describe(ParseOne("version\r\n"));
  for (const std::string& line : RefusedLines()) {
    for (const std::string end : {"\r\n", "\n"}) {
      // The block may hold anything, and need not end as it should.
      for (const std::string block :
           {"flush_all\r\n", "\r\nquit\r\n\r\nx", "\n\n\n\n\n\n\n\n\n\n\n"}) {
        std::string stream = line;
        stream.append(end).append(block).append("version\r\n");
        for (size_t cut = 0; cut < stream.size(); ++cut) {
          const auto requests = ParseAll({stream.substr(0, cut), stream.substr(cut)});
          ASSERT_EQ(requests.size(), 2U) << line << " cut at " << cut;
          EXPECT_NE(requests[0].find("text=CLIENT_ERROR "), std::string::npos) << line;
          EXPECT_EQ(requests[1], version) << line;
        }
      }
    }
  }
}

TEST(Parser, TheErrorFollowsTheWholeRefusedBlock) {
  EXPECT_EQ(ParseAll({"set a x 0 2000\r\n", std::string(2001, 'x')}).size(), 0U);
  EXPECT_EQ(ParseAll({"set a x 0 2000\r\n", std::string(2002, 'x')}).size(), 1U);
  const auto silent = ParseAll({"set a x 0 3 noreply\r\nabc\r\nset a 0 0 3\r\nabc\r\n"});
  ASSERT_EQ(silent.size(), 2U);
  EXPECT_NE(silent[0].find(" noreply"), std::string::npos);
  EXPECT_EQ(silent[1].find(" noreply"), std::string::npos);
}

TEST(Parser, RefusedBlocksAreNotBuffered) {
  RequestParser parser(&kCommandTable, kLimit);
  Request request;
  size_t consumed = 0;
  std::string unread = "set a x 0 2147483645\r\n";
  for (int i = 0; i < 1000; ++i) {
    unread += std::string(1000, '\n');
    EXPECT_EQ(parser.Next(unread, &request, &consumed), RequestParser::Result::kNeedMore);
    EXPECT_EQ(consumed, unread.size());
    EXPECT_EQ(parser.needed(), 1U);
    unread.erase(0, consumed);
  }
}

// Where the block ends is not known, so that it cannot be swallowed: the client is told, at once.
TEST(Parser, LengthsAreDigits) {
  for (const std::string length : {"99999999999999", "4294967299", "2147483646", "-1", "+3", "3\t",
                                   "3x", "0x3", "3.0", "-", "000000000003", "\xc2\xb3"}) {
    for (const std::string& line :
         {"set a 0 0 " + length, "set a 0 0 " + length + " noreply", "cas a 0 0 " + length + " 1",
          "ms a " + length, "ms a " + length + " q"}) {
      const Request request = ParseOne(line + "\r\n");
      EXPECT_EQ(request.command, Command::kInvalid) << line;
      EXPECT_EQ(request.text, "CLIENT_ERROR bad command line format") << line;
      EXPECT_FALSE(request.noreply) << line;
    }
  }
  EXPECT_EQ(ParseOne("set a 0 0 00000000003\r\nabc\r\n").value, "abc");
}

TEST(Parser, SurplusWordsOfStorageLinesAreIgnored) {
  for (const std::string line : {"set a 0 0 3 x", "append a 0 0 3 x y", "cas a 0 0 3 1 x y z"}) {
    for (const bool noreply : {false, true}) {
      const std::string bytes = line + (noreply ? " noreply" : "") + "\r\nabc\r\n";
      const Request request = ParseOne(bytes);
      EXPECT_NE(request.command, Command::kInvalid) << line;
      EXPECT_EQ(request.value, "abc") << line;
      EXPECT_EQ(request.noreply, noreply) << line;
    }
  }
}

TEST(Parser, ANulIsAByteLikeAnyOther) {
  const std::string key("a\0b", 3);
  const std::string set = "set " + key + " 0 0 3\r\nabc\r\n";
  EXPECT_EQ(ParseOne(set).key, key);
  const std::string get = "get " + key + " c\r\n";
  Request request = ParseOne(get);
  std::string_view first;
  ASSERT_TRUE(request.keys.Next(&first));
  EXPECT_EQ(first, key);
  EXPECT_EQ(ParseOne(std::string("mn\0\r\n", 5)).text, "ERROR");
}

class OneUser : public Authenticator {
 public:
  bool Accepts(std::string_view user, std::string_view password) const override {
    return user == "u" && password == "p";
  }
};

// Else whoever has a value stored could log in, or have what comes next taken for a login.
TEST(Parser, BlocksBeforeTheLoginAreSwallowed) {
  const OneUser users;
  for (const std::string line : {"add a 0 0 21", "ms a 21", "cas a 0 0 21 1", "ms a 21 q T1 T1",
                                 "append a x 0 21 noreply"}) {
    const std::string stream = line + "\r\nset a 0 0 3\r\nu p\r\nxxx\r\nset a 0 0 3\r\nu p\r\n";
    for (size_t cut = 0; cut < stream.size(); ++cut) {
      RequestParser parser(&kCommandTable, kLimit, &users);
      std::vector<Request> requests;
      std::string unread;
      for (const std::string& piece : {stream.substr(0, cut), stream.substr(cut)}) {
        unread += piece;
        Request request;
        size_t consumed = 0;
        while (parser.Next(unread, &request, &consumed) == RequestParser::Result::kRequest) {
          requests.push_back(request);
          unread.erase(0, consumed);
        }
        unread.erase(0, consumed);
      }
      ASSERT_EQ(requests.size(), 2U) << line << " cut at " << cut;
      EXPECT_EQ(requests[0].text, "CLIENT_ERROR unauthenticated") << line;
      EXPECT_FALSE(requests[0].noreply) << line;
      EXPECT_EQ(requests[1].command, Command::kAuthenticate) << line;
    }
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
  RequestParser parser(&kCommandTable, kLimit);
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
