// The Service behind the parser, with a log store of 1 MB: every reply has the form that its
// request asks for, replies that are not sent yet keep their values, memory adds up to its limit,
// and counters to what was asked.
//
// The input is a stream of commands behind two bytes: how often it is executed (so that little
// input fills the store), and how many bytes are parsed at once. In the n-th turn, '@' is one of 64
// other bytes, so that keys differ from turn to turn.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/parser.h"
#include "server/commands/command_table.h"
#include "server/service.h"
#include "server/storage/log_store.h"
#include "server/watch/event_log.h"
#include "tests/fuzz/coverage/check.h"
#include "tests/fuzz/coverage/reply_form.h"
#include "tests/support/reply.h"

namespace overtake::tests {
namespace {

// The bytes that a reply has now.
std::string TextOf(const Reply& reply) {
  static std::array<iovec, 4096> vectors;
  std::string text;
  size_t bytes = 0;
  const size_t pieces = reply.Gather(absl::MakeSpan(vectors), SIZE_MAX, &bytes);
  for (size_t i = 0; i < pieces; ++i) {
    text.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
  }
  OVERTAKE_CHECK(bytes == text.size() && bytes == reply.size());
  return text;
}

class ServiceTest {
 public:
  ServiceTest() {
    settings_.dispatch.mode = overtake::Mode::kNode;
    settings_.dispatch.max_item_bytes = kMaxItemBytes;
    settings_.store.memory_bytes = Geometry::kMinMemory;
    settings_.debug_commands = true;
  }

  // False when the stream closed its connection.
  bool RunStream(std::string_view bytes, size_t step) {
    RequestParser parser(&kCommandTable, kMaxItemBytes);
    std::string unread;
    while (!bytes.empty()) {
      unread += bytes.substr(0, step);
      bytes.remove_prefix(std::min(step, bytes.size()));
      for (;;) {
        Request request;
        size_t consumed = 0;
        const auto result = parser.Next(unread, &request, &consumed);
        if (result == RequestParser::Result::kRequest && !Execute(request)) return false;
        unread.erase(0, consumed);
        if (result == RequestParser::Result::kNeedMore) break;
      }
    }
    return true;
  }

  void CheckState() {
    const StoreStats stats = store_.Stats();
    const LogStats& log = stats.log;
    OVERTAKE_CHECK(log.live_bytes + log.dead_bytes + log.unwritten_bytes + log.free_bytes +
                       log.index_bytes + log.index_free_bytes + log.ghost_bytes +
                       log.metadata_bytes + log.slack_bytes ==
                   stats.limit_bytes);
    OVERTAKE_CHECK(stats.bytes <= stats.limit_bytes);
    OVERTAKE_CHECK(stats.items <= stats.total_items);
    // Forgotten when the counters are.
    if (counters_reset_) return;
    Request request;
    request.command = Command::kStats;
    Reply reply;
    Continuation continuation;
    service_.Execute({}, request, &continuation, &reply);
    const std::string text = TextOf(reply);
    OVERTAKE_CHECK(Counter(text, "get_hits") + Counter(text, "get_misses") ==
                   Counter(text, "cmd_get"));
    OVERTAKE_CHECK(Counter(text, "curr_items") == stats.items);
    OVERTAKE_CHECK(Counter(text, "cmd_set") >= Counter(text, "cas_hits"));
  }

 private:
  static constexpr size_t kMaxItemBytes = 100'000;

  struct Held {
    Reply reply;
    std::string text;
  };

  bool Execute(const Request& request) {
    // The one only takes time, the other is dispatch's.
    if (request.command == Command::kDebug || request.command == Command::kWatch) return true;
    counters_reset_ = counters_reset_ || request.command == Command::kStats;
    Held& held = held_[executed_++ % held_.size()];
    // What was not sent yet has stayed as it was.
    OVERTAKE_CHECK(TextOf(held.reply) == held.text);
    held.reply.Clear();
    Continuation continuation;
    std::string text;
    RequestHandler::Outcome outcome;
    while ((outcome = service_.Execute({}, request, &continuation, &held.reply)) ==
           RequestHandler::Outcome::kMore) {
      OVERTAKE_CHECK(held.reply.size() <= ReplyMemory::kMaxPieceBytes + kMaxItemBytes + 1000);
      text += TextOf(held.reply);
      held.reply.Clear();
    }
    held.text = TextOf(held.reply);
    text += held.text;
    OVERTAKE_CHECK(IsReplyTo(request, text));
    OVERTAKE_CHECK((outcome == RequestHandler::Outcome::kClose) ==
                   (request.command == Command::kQuit));
    store_.Maintain(clock_.Now());
    return outcome != RequestHandler::Outcome::kClose;
  }

  static uint64_t Counter(std::string_view stats, const std::string& name) {
    const std::string value = StatIn(stats, name);
    OVERTAKE_CHECK(!value.empty());
    return std::strtoull(value.c_str(), nullptr, 10);
  }

  Settings settings_;
  Clock clock_;
  LogStore store_{settings_.store};
  EventLog log_{64 << 10};
  Service service_{&settings_, &clock_, &store_, &log_};
  std::array<Held, 4> held_;  // the last replies, as if they were not sent yet
  size_t executed_ = 0;
  bool counters_reset_ = false;
};

void Test(std::string_view input) {
  if (input.size() < 2) return;
  const size_t turns = 1 + static_cast<unsigned char>(input[0]);
  const size_t step = 1 + static_cast<unsigned char>(input[1]) * 16;
  ServiceTest test;
  for (size_t turn = 0; turn < turns; ++turn) {
    std::string stream(input.substr(2));
    std::replace(stream.begin(), stream.end(), '@', static_cast<char>('@' + turn % 64));
    if (!test.RunStream(stream, step)) break;
  }
  test.CheckState();
}

}  // namespace
}  // namespace overtake::tests

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  overtake::tests::Test({reinterpret_cast<const char*>(data), size});
  return 0;
}
