#include "protocol/meta_flags.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "protocol/parser.h"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

// A request of which the bytes must outlive it.
Request Parse(std::string_view bytes) {
  RequestParser parser(&kCommandTable, 1024);
  Request request;
  size_t consumed = 0;
  EXPECT_EQ(parser.Next(bytes, &request, &consumed), RequestParser::Result::kRequest) << bytes;
  return request;
}

std::string ErrorOf(const std::string& bytes) {
  const Request request = Parse(bytes);
  return request.command == Command::kInvalid ? std::string(request.text) : "none";
}

TEST(MetaFlags, EveryFlagIsRead) {
  const Request r = Parse("ma key T-5 N30 R60 C7 E8 F9 MD J10 D11 Oopaque k v t c\r\n");
  EXPECT_EQ(r.command, Command::kMetaArithmetic);
  EXPECT_EQ(r.key, "key");
  EXPECT_EQ(r.exptime, -5);
  EXPECT_EQ(r.meta.vivify_exptime, 30);
  EXPECT_EQ(r.meta.recache_exptime, 60);
  EXPECT_EQ(r.number, 7U);
  EXPECT_EQ(r.meta.new_cas, 8U);
  EXPECT_EQ(r.flags, 9U);
  EXPECT_EQ(r.meta.mode, 'D');
  EXPECT_EQ(r.meta.initial, 10U);
  EXPECT_EQ(r.meta.delta, 11U);
  for (const char flag : std::string("TNRCEFMJDOkvtc")) EXPECT_TRUE(r.meta.Has(flag)) << flag;
  for (const char flag : std::string("bfhlqsuxILPAZz")) EXPECT_FALSE(r.meta.Has(flag)) << flag;
  EXPECT_EQ(Parse("mg key b\r\n").command, Command::kInvalid);
}

TEST(MetaFlags, DefaultsWithoutFlags) {
  const Request r = Parse("ma key\r\n");
  EXPECT_EQ(r.meta.given, 0U);
  EXPECT_EQ(r.meta.delta, 1U);
  EXPECT_EQ(r.meta.mode, '\0');
  EXPECT_EQ(r.meta.key_bytes, 3U);
  EXPECT_FALSE(r.noreply);
}

TEST(MetaFlags, AKeyInBase64IsDecodedOnDemand) {
  const std::string bytes = "mg AAECCg0g b\r\n";
  const Request r = Parse(bytes);
  EXPECT_EQ(r.key, "AAECCg0g");
  EXPECT_EQ(r.meta.key_bytes, 6U);
  EXPECT_EQ(MetaKey(r).bytes(), std::string_view("\0\x01\x02\n\r ", 6));
  const Request plain = Parse("mg AAECCg0g\r\n");
  EXPECT_EQ(MetaKey(plain).bytes(), "AAECCg0g");
}

TEST(MetaFlags, ASetHasItsValue) {
  const std::string bytes = "ms key 4 T60 q\r\n\r\n\r\n\r\n";
  const Request r = Parse(bytes);
  EXPECT_EQ(r.command, Command::kMetaSet);
  EXPECT_EQ(r.value, "\r\n\r\n");
  EXPECT_EQ(r.exptime, 60);
  EXPECT_TRUE(r.meta.Has('q'));
}

TEST(MetaFlags, ErrorsAreWorded) {
  const std::string kFormat = "CLIENT_ERROR bad command line format";
  const std::string kToken = "CLIENT_ERROR bad token in command line format";
  const std::string kTerse = "CLIENT_ERROR invalid or duplicate flag";
  std::string many = "mg a";
  for (const char* flag : {"v", "k", "t", "s", "f", "h", "l", "u", "I", "L", "P", "Oa", "T1", "N1",
                           "R1", "C1", "F1", "D1"}) {
    many += std::string(" ") + flag;
  }
  EXPECT_EQ(ErrorOf(many + "\r\n"), "none");
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"mg", kFormat},
      {"ms", kFormat},
      {"me", kFormat},
      {"mg " + std::string(251, 'k'), kFormat},
      {"ms a", kFormat},
      {"ms a x", kFormat},
      {"me " + std::string(251, 'k'), kFormat},
      {"me Z b", kFormat},
      {many + " c", "CLIENT_ERROR options flags are too long"},
      {"md" + many.substr(2) + " c", "CLIENT_ERROR options flags are too long"},
      {"ma" + many.substr(2) + " c", kTerse},
      {"ma " + std::string(251, 'k'), kTerse},
      {"mg a z", "CLIENT_ERROR invalid flag"},
      {"mg a v v", "CLIENT_ERROR duplicate flag"},
      {"mg a \x80", "CLIENT_ERROR duplicate flag"},
      {"mg a Z b", "CLIENT_ERROR invalid flag"},
      {"mg Z b", "CLIENT_ERROR error decoding key"},
      {"mg a T", kToken},
      {"mg a Nx", kToken},
      {"mg a R2147483648", kToken},
      {"mg a T+1", kToken},
      {"mg a N1\t", kToken},
      {"mg a C-1", kToken},
      {"mg a C18446744073709551616", kToken},
      {"mg a E-0", kToken},
      {"mg a F4294967296", kFormat},
      {"mg a Ex", kToken},
      {"mg a F", kFormat},
      {"mg a F T", kToken},
      {"mg a M", "none"},
      {"ms a 0 M\r\n", "CLIENT_ERROR invalid mode for ms M token"},
      {"ma a M", "CLIENT_ERROR invalid mode for ma M token"},
      {"ma a MXI", "CLIENT_ERROR invalid mode for ma M token"},
      {"mg a J", "CLIENT_ERROR invalid numeric initial value"},
      {"mg a D", "CLIENT_ERROR invalid numeric delta value"},
      {"mg a Dx Jx", "CLIENT_ERROR invalid numeric initial value"},
      {"mg a O" + std::string(32, 'o'), "CLIENT_ERROR opaque token too long"},
      {"ma a MX", "CLIENT_ERROR invalid mode for ma M token"},
      {"ma a Mi", "CLIENT_ERROR invalid mode for ma M token"},
      {"md a v v", "CLIENT_ERROR duplicate flag"},
      {"ma a v v", kTerse},
      {"ma a Tx", kTerse},
      {"md a O" + std::string(32, 'o'), "CLIENT_ERROR opaque token too long"},
  };
  for (const auto& [line, error] : kCases) EXPECT_EQ(ErrorOf(line + "\r\n"), error) << line;
}

// All requests of a stream, by what they would answer if they are errors, else by their key.
std::vector<std::string> ParseAll(const std::vector<std::string>& pieces) {
  RequestParser parser(&kCommandTable, 1024);
  std::vector<std::string> requests;
  std::string unread;
  for (const std::string& piece : pieces) {
    unread += piece;
    while (true) {
      Request request;
      size_t consumed = 0;
      const auto result = parser.Next(unread, &request, &consumed);
      if (result == RequestParser::Result::kRequest) {
        requests.emplace_back(request.command == Command::kInvalid ? request.text : request.key);
        if (request.too_large) requests.back() += " too large";
      }
      unread.erase(0, consumed);
      if (result == RequestParser::Result::kNeedMore) break;
    }
  }
  return requests;
}

TEST(MetaFlags, ASetThatFailsSwallowsItsData) {
  const std::string stream =
      "ms a 4 z\r\nmn\r\n\r\nmg b\r\nms c 2 MX\r\nmn\r\nmg d\r\nms e 2000 z\r\n" +
      std::string(2000, '\n') + "\r\nmg f\r\nms g 2000\r\n" + std::string(2000, '\n') +
      "\r\nms h 0 z\r\n\r\nms i 1\r\nxyz" + "mg j\r\nms k x\r\nmg l\r\n";
  const std::vector<std::string> expected = {"CLIENT_ERROR invalid flag",
                                             "b",
                                             "CLIENT_ERROR invalid mode for ms M token",
                                             "d",
                                             "CLIENT_ERROR invalid flag",
                                             "f",
                                             "g too large",
                                             "SERVER_ERROR object too large for cache",
                                             "CLIENT_ERROR invalid flag",
                                             "CLIENT_ERROR bad data chunk",
                                             "j",
                                             "CLIENT_ERROR bad command line format",
                                             "l"};
  EXPECT_EQ(ParseAll({stream}), expected);
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    EXPECT_EQ(ParseAll({stream.substr(0, cut), stream.substr(cut)}), expected) << cut;
  }
  std::vector<std::string> bytes;
  for (const char c : stream) bytes.emplace_back(1, c);
  EXPECT_EQ(ParseAll(bytes), expected);
}

}  // namespace
}  // namespace overtake
