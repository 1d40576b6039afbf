// RequestParser when there is no memory to go on with a request.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "protocol/parser.h"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

constexpr size_t kLimit = 4096;
const std::string kOutOfMemory = "error SERVER_ERROR out of memory reading request";

std::string Describe(const Request& request) {
  if (request.command == Command::kInvalid) return "error " + std::string(request.text);
  const std::string key(request.key);
  if (request.too_large) return "dropped " + key;
  if (request.command == Command::kSet) return "set " + key + "=" + std::string(request.value);
  std::string text = "get";
  KeyList keys = request.keys;
  for (std::string_view each; keys.Next(&each);) text += " " + std::string(each);
  return text;
}

// What a connection passes to its parser, and what it makes of that.
class Stream {
 public:
  explicit Stream(const Authenticator* users = nullptr) : parser_(&kCommandTable, kLimit, users) {}

  void Receive(const std::string& bytes) {
    unread_ += bytes;
    while (true) {
      Request request;
      size_t consumed = 0;
      const auto result = parser_.Next(unread_, &request, &consumed);
      ASSERT_LE(consumed, unread_.size());
      if (result == RequestParser::Result::kRequest) requests_.push_back(Describe(request));
      unread_.erase(0, consumed);
      if (result == RequestParser::Result::kNeedMore) break;
    }
  }
  // False when there was nothing to give up.
  bool GiveUp() {
    const std::optional<size_t> kept = parser_.GiveUp(unread_.size());
    if (!kept.has_value()) return false;
    EXPECT_GT(*kept, 0U);
    EXPECT_LE(*kept, unread_.size());
    unread_.resize(*kept);
    Receive("");
    return true;
  }
  const std::vector<std::string>& requests() const { return requests_; }
  size_t held_bytes() const { return unread_.size(); }

 private:
  RequestParser parser_;
  std::string unread_;
  std::vector<std::string> requests_;
};

// Gives up when `cut` of the bytes have come, then sends the others, one by one or at once.
std::vector<std::string> Interrupted(const std::string& bytes, size_t cut, bool one_by_one) {
  Stream stream;
  stream.Receive(bytes.substr(0, cut));
  EXPECT_TRUE(stream.GiveUp()) << cut;
  EXPECT_FALSE(stream.GiveUp()) << cut;
  if (one_by_one) {
    for (const char byte : bytes.substr(cut)) stream.Receive(std::string(1, byte));
  } else {
    stream.Receive(bytes.substr(cut));
  }
  return stream.requests();
}

TEST(ParserGiveUp, AValueGoesByWhateverItHolds) {
  const std::string line = "set k 0 0 19\r\n";
  const std::string bytes = line + "get a\r\nset b 0 0 1\n\r\nget c\r\n";
  const std::vector<std::string> expected = {"dropped k", kOutOfMemory, "get c"};
  for (size_t cut = line.size(); cut < bytes.size() - 7; ++cut) {
    for (const bool one_by_one : {false, true}) {
      EXPECT_EQ(Interrupted(bytes, cut, one_by_one), expected) << cut;
    }
  }
}

TEST(ParserGiveUp, NobodyIsToldWhoDidNotAsk) {
  const std::string line = "set k 0 0 5 noreply\r\n";
  const std::vector<std::string> expected = {"dropped k", "get c"};
  EXPECT_EQ(Interrupted(line + "12345\r\nget c\r\n", line.size() + 2, true), expected);
}

TEST(ParserGiveUp, TheNextValueIsReadAsEver) {
  Stream stream;
  stream.Receive("set a 0 0 5\r\n12");
  ASSERT_TRUE(stream.GiveUp());
  stream.Receive("345\r\nset b 0 0 3\r\nxy");
  stream.Receive("z\r\nset c 0 0 5\r\n1");
  ASSERT_TRUE(stream.GiveUp());
  stream.Receive("2345\r\nget d\r\n");
  const std::vector<std::string> expected = {"dropped a", kOutOfMemory, "set b=xyz",
                                             "dropped c", kOutOfMemory, "get d"};
  EXPECT_EQ(stream.requests(), expected);
}

TEST(ParserGiveUp, ALineGoesByToItsEnd) {
  const std::string bytes = "get a bb ccc\r\nget d\r\n";
  const std::vector<std::string> expected = {kOutOfMemory, "get d"};
  for (size_t cut = 1; cut < 14; ++cut) {
    for (const bool one_by_one : {false, true}) {
      EXPECT_EQ(Interrupted(bytes, cut, one_by_one), expected) << cut;
    }
  }
}

TEST(ParserGiveUp, AMultigetInPartsEndsWithTheError) {
  Stream stream;
  std::string keys;
  while (keys.size() <= RequestParser::kMaxRetrievalLineBytes) keys += " key";
  stream.Receive("get" + keys);
  ASSERT_EQ(stream.requests().size(), 1U);
  stream.Receive(" more");
  ASSERT_TRUE(stream.GiveUp());
  stream.Receive(" and more" + keys);
  EXPECT_EQ(stream.held_bytes(), 0U);
  stream.Receive("\r\nget d\r\n");
  ASSERT_EQ(stream.requests().size(), 3U);
  EXPECT_EQ(stream.requests()[1], kOutOfMemory);
  EXPECT_EQ(stream.requests()[2], "get d");
}

TEST(ParserGiveUp, NothingToGiveUp) {
  Stream stream;
  EXPECT_FALSE(stream.GiveUp());
  stream.Receive("get a\r\n");
  EXPECT_FALSE(stream.GiveUp());
  stream.Receive("set k 0 0 9999\r\n123");  // refused: it is dropped as it arrives
  EXPECT_EQ(stream.held_bytes(), 0U);
  EXPECT_FALSE(stream.GiveUp());
}

class Nobody : public Authenticator {
 public:
  bool Accepts(std::string_view /*user*/, std::string_view /*password*/) const override {
    return false;
  }
};

TEST(ParserGiveUp, ALoginIsBoundedAnyway) {
  const Nobody nobody;
  Stream stream(&nobody);
  stream.Receive("set auth 0 0 3\r\nu");
  EXPECT_FALSE(stream.GiveUp());
}

}  // namespace
}  // namespace overtake
