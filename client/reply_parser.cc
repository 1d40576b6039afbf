#include "client/reply_parser.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace overtake::client {
namespace {

constexpr absl::string_view kCrlf = "\r\n";

// Reserved up front for a value of any announced length; beyond it memory follows the bytes that
// really arrive.
constexpr size_t kMaxReserve = size_t{1} << 20;

absl::Status Malformed(absl::string_view what, absl::string_view bytes) {
  constexpr size_t kShown = 100;
  return absl::DataLossError(
      absl::StrCat("malformed reply: ", what, ": ", absl::CHexEscape(bytes.substr(0, kShown))));
}

size_t CountKeys(absl::string_view keys) {
  return keys.empty() ? 0 : 1 + std::count(keys.begin(), keys.end(), ' ');
}

bool IsNumber(absl::string_view text) {
  uint64_t number;
  // SimpleAtoi() alone would let signs and blanks pass.
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, &number);
}

bool IsAnswerTo(ReplyKind kind, absl::string_view line) {
  switch (kind) {
    case ReplyKind::kStore:
      return line == "STORED" || line == "NOT_STORED" || line == "EXISTS" || line == "NOT_FOUND";
    case ReplyKind::kDelete:
      return line == "DELETED" || line == "NOT_FOUND";
    case ReplyKind::kTouch:
      return line == "TOUCHED" || line == "NOT_FOUND";
    case ReplyKind::kCounter:
      return line == "NOT_FOUND" || IsNumber(line);
    case ReplyKind::kOk:
      return line == "OK";
    case ReplyKind::kVersion:
    case ReplyKind::kBarrier:
      return absl::StartsWith(line, "VERSION ");
    case ReplyKind::kItems:
    case ReplyKind::kItemsWithCas:
      return line == "END";
    case ReplyKind::kStats:  // "stats reset" and "stats detail on" answer with a single word.
      return line == "END" || line == "RESET" || line == "OK";
  }
  return false;
}

}  // namespace

bool RequestedKeys::Contains(absl::string_view key) {
  while (!ahead_.empty()) {
    const size_t end = std::min(ahead_.find(' '), ahead_.size());
    const absl::string_view next = ahead_.substr(0, end);
    ahead_.remove_prefix(std::min(end + 1, ahead_.size()));
    if (next == key) return true;
  }
  if (all_.empty()) {
    for (absl::string_view each : absl::StrSplit(keys_, ' ')) all_.insert(each);
  }
  return all_.contains(key);
}

ReplyParser::ReplyParser(ReplyKind kind, absl::string_view keys, size_t max_value_bytes)
    : kind_(kind), max_value_bytes_(max_value_bytes), keys_(keys), items_left_(CountKeys(keys)) {}

absl::StatusOr<bool> ReplyParser::Consume(absl::string_view* input) {
  while (!input->empty()) {
    if (in_value_) {
      absl::StatusOr<bool> complete = ConsumeValue(input);
      if (!complete.ok()) return complete;
      in_value_ = !*complete;
      continue;
    }
    absl::string_view line;
    absl::StatusOr<bool> complete = ConsumeLine(input, &line);
    if (!complete.ok() || !*complete) return complete;
    absl::StatusOr<bool> done = HandleLine(line);
    if (!done.ok() || *done) return done;
    partial_line_.clear();
  }
  return false;
}

absl::StatusOr<bool> ReplyParser::ConsumeLine(absl::string_view* input, absl::string_view* line) {
  const size_t newline = input->find('\n');
  const size_t taken = newline == absl::string_view::npos ? input->size() : newline + 1;
  if (partial_line_.size() + taken > kMaxLineBytes) return Malformed("line too long", *input);
  *line = input->substr(0, taken);
  input->remove_prefix(taken);
  if (!partial_line_.empty() || newline == absl::string_view::npos) {
    absl::StrAppend(&partial_line_, *line);
    *line = partial_line_;
  }
  if (newline == absl::string_view::npos) return false;
  if (!absl::ConsumeSuffix(line, kCrlf)) return Malformed("line without CR", *line);
  return true;
}

absl::StatusOr<bool> ReplyParser::ConsumeValue(absl::string_view* input) {
  std::string& value = reply_.items.back().value;
  const size_t taken = std::min(value_bytes_ - value.size(), input->size());
  value.append(input->data(), taken);
  input->remove_prefix(taken);
  while (value.size() == value_bytes_ && trailer_bytes_ < kCrlf.size() && !input->empty()) {
    if (input->front() != kCrlf[trailer_bytes_]) return Malformed("value overruns", *input);
    input->remove_prefix(1);
    ++trailer_bytes_;
  }
  return trailer_bytes_ == kCrlf.size();
}

absl::StatusOr<bool> ReplyParser::HandleLine(absl::string_view line) {
  if (kind_ == ReplyKind::kBarrier) return HandleBarrierLine(line);
  if (IsErrorLine(line)) {
    // An error ends any reply, also in the middle of a list. What came before it may be incomplete.
    reply_.items.clear();
    reply_.stats.clear();
    reply_.status = ErrorLineToStatus(line);
  } else if (!IsAnswerTo(kind_, line)) {
    if (kind_ == ReplyKind::kItems || kind_ == ReplyKind::kItemsWithCas) {
      return HandleItemLine(line);
    }
    if (kind_ == ReplyKind::kStats) return HandleStatLine(line);
    return Malformed("unexpected line", line);
  }
  reply_.line = std::string(line);
  return true;
}

// VALUE <key> <flags> <bytes> [<cas unique>]
absl::StatusOr<bool> ReplyParser::HandleItemLine(absl::string_view line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  const size_t expected_words = kind_ == ReplyKind::kItemsWithCas ? 5 : 4;
  if (words[0] != "VALUE" || words.size() != expected_words) {
    return Malformed("unexpected line", line);
  }
  Item item;
  if (!IsNumber(words[2]) || !absl::SimpleAtoi(words[2], &item.flags) || !IsNumber(words[3]) ||
      !absl::SimpleAtoi(words[3], &value_bytes_)) {
    return Malformed("bad number", line);
  }
  if (kind_ == ReplyKind::kItemsWithCas &&
      (!IsNumber(words[4]) || !absl::SimpleAtoi(words[4], &item.cas))) {
    return Malformed("bad number", line);
  }
  if (value_bytes_ > max_value_bytes_) return Malformed("value too long", line);
  if (items_left_ == 0) return Malformed("more items than were asked for", line);
  if (!keys_.Contains(words[1])) return Malformed("a key that was not asked for", line);
  --items_left_;
  item.key = std::string(words[1]);
  item.value.reserve(std::min(value_bytes_, kMaxReserve));
  reply_.items.push_back(std::move(item));
  in_value_ = true;
  trailer_bytes_ = 0;
  return false;
}

// STAT <name> <value>. "stats cachedump" says ITEM, "stats detail dump" PREFIX.
absl::StatusOr<bool> ReplyParser::HandleStatLine(absl::string_view line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, absl::MaxSplits(' ', 2));
  if (words.size() < 2 || (words[0] != "STAT" && words[0] != "ITEM" && words[0] != "PREFIX")) {
    return Malformed("unexpected line", line);
  }
  stats_bytes_ += line.size();
  if (stats_bytes_ > kMaxStatsBytes) return Malformed("too many statistics", line);
  reply_.stats.emplace_back(words[1], words.size() > 2 ? words[2] : "");
  return false;
}

absl::StatusOr<bool> ReplyParser::HandleBarrierLine(absl::string_view line) {
  if (IsAnswerTo(kind_, line)) return true;
  if (!IsErrorLine(line) || errors_left_ == 0) return Malformed("unexpected line", line);
  --errors_left_;
  ++errors_;
  return false;
}

}  // namespace overtake::client
