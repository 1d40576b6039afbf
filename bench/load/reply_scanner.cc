#include "bench/load/reply_scanner.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace overtake::bench {
namespace {

constexpr size_t kMaxLine = 2048;
constexpr absl::string_view kLineEnd = "\r\n";

bool IsError(absl::string_view line) {
  return line == "ERROR" || absl::StartsWith(line, "CLIENT_ERROR") ||
         absl::StartsWith(line, "SERVER_ERROR");
}

}  // namespace

absl::Status ReplyScanner::Feed(absl::string_view bytes, OnReply on_reply) {
  while (!bytes.empty()) {
    if (value_left_ > 0) {
      absl::Status status = SkipValue(&bytes);
      if (status.ok() && value_left_ == 0 && ends_with_value_) status = Complete(on_reply);
      if (!status.ok()) return status;
      continue;
    }
    const size_t newline = bytes.find('\n');
    if (newline == absl::string_view::npos) {
      absl::StrAppend(&partial_line_, bytes);
      if (partial_line_.size() > kMaxLine) {
        return absl::InvalidArgumentError("a line without an end");
      }
      return absl::OkStatus();
    }
    absl::string_view line = bytes.substr(0, newline + 1);
    bytes.remove_prefix(newline + 1);
    absl::Status status;
    if (partial_line_.empty()) {
      status = TakeLine(line, on_reply);
    } else {
      absl::StrAppend(&partial_line_, line);
      status = TakeLine(partial_line_, on_reply);
      partial_line_.clear();
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReplyScanner::TakeLine(absl::string_view line, OnReply on_reply) {
  if (!absl::EndsWith(line, kLineEnd)) {
    return absl::InvalidArgumentError(absl::StrCat("a line that ends in a bare \\n: ", line));
  }
  line.remove_suffix(kLineEnd.size());
  if (absl::StartsWith(line, "VALUE ")) return TakeValueHeader(line);
  if (absl::StartsWith(line, "VA ")) return TakeMetaValueHeader(line);
  if (line == "END" || line == "EN") {
    reply_.kind = Reply::Kind::kValues;
  } else if (line == "STORED") {
    reply_.kind = Reply::Kind::kStored;
  } else {
    reply_.kind = IsError(line) ? Reply::Kind::kError : Reply::Kind::kOther;
    reply_.line = std::string(line);
  }
  return Complete(on_reply);
}

absl::Status ReplyScanner::Complete(OnReply on_reply) {
  absl::Status status = on_reply(reply_);
  reply_ = Reply();
  ends_with_value_ = false;
  return status;
}

// VALUE <key> <flags> <bytes> [<cas unique>]
absl::Status ReplyScanner::TakeValueHeader(absl::string_view line) {
  const size_t after_key = line.find(' ', 6);
  const size_t after_flags =
      after_key == absl::string_view::npos ? after_key : line.find(' ', after_key + 1);
  uint64_t size = 0;
  if (after_flags != absl::string_view::npos) {
    absl::string_view text = line.substr(after_flags + 1);
    text = text.substr(0, text.find(' '));
    if (absl::SimpleAtoi(text, &size)) {
      value_left_ = size + kLineEnd.size();
      ++reply_.values;
      reply_.value_bytes += size;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("not a VALUE line: ", line));
}

absl::Status ReplyScanner::TakeMetaValueHeader(absl::string_view line) {
  const absl::string_view text = line.substr(3);
  uint64_t size = 0;
  if (!absl::SimpleAtoi(text.substr(0, text.find(' ')), &size)) {
    return absl::InvalidArgumentError(absl::StrCat("not a VA line: ", line));
  }
  value_left_ = size + kLineEnd.size();
  ends_with_value_ = true;
  reply_.kind = Reply::Kind::kValues;
  reply_.values = 1;
  reply_.value_bytes = size;
  return absl::OkStatus();
}

// Drops what is there of the value; only its last two bytes are looked at.
absl::Status ReplyScanner::SkipValue(absl::string_view* bytes) {
  if (value_left_ > kLineEnd.size()) {
    const uint64_t data = std::min<uint64_t>(value_left_ - kLineEnd.size(), bytes->size());
    value_left_ -= data;
    bytes->remove_prefix(static_cast<size_t>(data));
  }
  while (value_left_ <= kLineEnd.size() && value_left_ > 0 && !bytes->empty()) {
    if (bytes->front() != kLineEnd[kLineEnd.size() - static_cast<size_t>(value_left_)]) {
      return absl::InvalidArgumentError("a value that is not followed by \\r\\n");
    }
    bytes->remove_prefix(1);
    --value_left_;
  }
  return absl::OkStatus();
}

}  // namespace overtake::bench
