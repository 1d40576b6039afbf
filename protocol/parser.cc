#include "protocol/parser.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "protocol/command_line.h"
#include "protocol/line_parts.h"

namespace overtake {
namespace {

constexpr std::string_view kBinary =
    "the binary protocol (magic byte 0x80) is not supported, only the text protocol";
constexpr std::string_view kNoEnd = "a line does not end";
constexpr std::string_view kBadChunk = "CLIENT_ERROR bad data chunk";
constexpr std::string_view kNoMemory = "SERVER_ERROR out of memory reading request";
constexpr std::string_view kTooLarge = "SERVER_ERROR object too large for cache";

// What is shorter, a '\r' included, is no command that is not known but a line that makes no sense.
constexpr size_t kShortestLine = 3;

// `input` without leading spaces; empty when there are more of them than memcached skips.
std::string_view SkipLeadingSpaces(std::string_view input) {
  constexpr size_t kMaxLeadingSpaces = 100;
  const size_t spaces = input.find_first_not_of(' ');
  if (spaces == std::string_view::npos || spaces > kMaxLeadingSpaces) return {};
  return input.substr(spaces);
}

}  // namespace

size_t ItemBytes(size_t key_bytes, uint32_t flags, uint64_t value_bytes) {
  // 48 bytes of header, 8 of CAS unique, the key's NUL, flags only where there are any, "\r\n".
  return 48 + 8 + key_bytes + 1 + (flags != 0 ? sizeof(flags) : 0) + value_bytes + 2;
}

RequestParser::Result RequestParser::NeedMore(size_t input_bytes, size_t consumed,
                                              size_t at_least) {
  needed_ = std::max(input_bytes - consumed + 1, at_least);
  return Result::kNeedMore;
}

RequestParser::Result RequestParser::Next(std::string_view input, Request* request,
                                          size_t* consumed) {
  *consumed = 0;
  if (discard_bytes_ > 0) {
    const size_t discarded = std::min<uint64_t>(discard_bytes_, input.size());
    discard_bytes_ -= discarded;
    *consumed = discarded;
    if (discard_bytes_ > 0) return NeedMore(input.size(), *consumed, 1);
  }
  if (!owed_error_.empty()) {
    *request = Request{};
    request->noreply = owed_noreply_;
    Fail(owed_error_, request);
    owed_error_ = {};
    return Result::kRequest;
  }
  std::string_view rest = input.substr(*consumed);
  if (stage_ != Stage::kCommands && !rest.empty()) {
    if (const std::optional<Result> result = Begin(rest, request, consumed)) return *result;
  }
  if (rest.size() < needed_ && scanned_ > 0) return Result::kNeedMore;

  const size_t start = std::min(scanned_, rest.size());
  const void* found =
      rest.size() == start ? nullptr : std::memchr(rest.data() + start, '\n', rest.size() - start);
  if (found == nullptr) {
    size_t taken = 0;
    const Result result = LineWithoutEnd(rest, request, &taken);
    if (result == Result::kRequest) request->line = rest;
    *consumed += taken;
    return result;
  }
  scanned_ = 0;
  needed_ = 1;
  const size_t newline = static_cast<size_t>(static_cast<const char*>(found) - rest.data());
  const std::string_view after = rest.substr(newline + 1);
  std::string_view line = rest.substr(0, newline);
  if (line.size() > 1 && line.back() == '\r') line.remove_suffix(1);

  if (discard_line_) {
    discard_line_ = false;
    const size_t dropped = *consumed + newline + 1;
    const Result result = Next(input.substr(dropped), request, consumed);
    *consumed += dropped;
    return result;
  }
  if (in_retrieval_) {
    in_retrieval_ = false;
    ParseKeys(part_, line, request);
    request->line = line;
    *consumed += newline + 1;
    return Result::kRequest;
  }
  size_t taken = newline + 1;
  const Result result = ParseLine(line, after, request, &taken);
  if (result == Result::kNeedMore) {
    // A value that is still coming: its command line is parsed again once it is all there.
    needed_ = taken;
    scanned_ = newline;
    return result;
  }
  *consumed += taken;
  Result done = result;
  if (request->command == Command::kInvalid) {
    if (newline < kShortestLine) Fail(kBadFormat, request);
    if (discard_bytes_ > 0) done = SwallowBlock(rest.substr(taken), request, consumed);
  }
  request->line = line;
  return done;
}

std::optional<size_t> RequestParser::GiveUp(size_t input_bytes) {
  if (stage_ != Stage::kCommands || input_bytes == 0 || needed_ <= input_bytes) return std::nullopt;
  needed_ = 1;
  if (scanned_ < input_bytes) {  // the end of a value's command line
    no_memory_ = true;
    const size_t line = scanned_ + 1;
    dropped_ = input_bytes - line;
    return line;
  }
  owed_error_ = kNoMemory;
  owed_noreply_ = false;
  in_retrieval_ = false;
  discard_line_ = true;
  scanned_ = 0;
  return 1;  // of what is dropped: callers come with something
}

RequestParser::Result RequestParser::SwallowBlock(std::string_view input, Request* request,
                                                  size_t* consumed) {
  const size_t line_end = *consumed;
  const Result result = Next(input, request, consumed);
  *consumed += line_end;
  return result;
}

std::optional<RequestParser::Result> RequestParser::Begin(std::string_view input, Request* request,
                                                          size_t* consumed) {
  if (stage_ == Stage::kFirstByte) {
    stage_ = login_.required() ? Stage::kLogin : Stage::kCommands;
    if (input.front() == kBinaryMagic) {
      *request = Request{};
      request->command = Command::kQuit;
      request->text = kBinary;
      *consumed += input.size();
      return Result::kRequest;
    }
  }
  if (stage_ == Stage::kCommands) return std::nullopt;
  needed_ = 1;
  size_t taken = 0;
  const LoginParser::Result result = login_.Next(*commands_, input, request, &taken);
  *consumed += taken;
  if (result == LoginParser::Result::kNeedMore) {
    return NeedMore(input.size(), taken, login_.needed());
  }
  if (!login_.required()) stage_ = Stage::kCommands;
  // It is told at once, as memcached does: a client may wait for that before it sends the block.
  if (result == LoginParser::Result::kRequest) discard_bytes_ = login_.refused_block_bytes();
  return Result::kRequest;
}

void RequestParser::Refuse(size_t block_bytes, const Request* request) {
  discard_bytes_ = block_bytes;
  owed_error_ = request->text;
  owed_noreply_ = request->noreply;
}

RequestParser::Result RequestParser::LineWithoutEnd(std::string_view input, Request* request,
                                                    size_t* consumed) {
  scanned_ = input.size();
  if (discard_line_) {
    *consumed = input.size();
    scanned_ = 0;
    return NeedMore(input.size(), *consumed, 1);
  }
  const size_t limit = in_retrieval_ ? kMaxRetrievalLineBytes : kMaxLineBytes;
  if (input.size() <= limit) return NeedMore(input.size(), 0, 1);

  std::string_view keys = input;
  if (!in_retrieval_) {
    const std::string_view line = SkipLeadingSpaces(input);
    if (line.starts_with("get ")) {
      part_ = Command::kGet;
      keys = line.substr(4);
    } else if (line.starts_with("gets ")) {
      part_ = Command::kGets;
      keys = line.substr(5);
    } else {
      *request = Request{};
      request->command = Command::kQuit;
      request->text = kNoEnd;
      *consumed = input.size();
      return Result::kRequest;
    }
    if (input.size() <= kMaxRetrievalLineBytes) return NeedMore(input.size(), 0, 1);
  }
  scanned_ = 0;
  // The last key may go on in bytes that are still to come: it stays.
  const size_t last_space = keys.rfind(' ');
  const size_t tail = last_space == std::string_view::npos ? keys.size() : keys.size() - last_space;
  if (tail > kMaxKeyBytes + 1) {
    *request = Request{};
    Fail(kBadFormat, request);
    in_retrieval_ = false;
    discard_line_ = true;
    *consumed = input.size();
    return Result::kRequest;
  }
  *consumed = input.size() - tail;
  return RetrievalPart(keys.substr(0, keys.size() - tail), request);
}

RequestParser::Result RequestParser::RetrievalPart(std::string_view keys, Request* request) {
  ParseKeys(part_, keys, request);
  request->last_part = false;
  in_retrieval_ = request->command != Command::kInvalid;
  discard_line_ = !in_retrieval_;
  return Result::kRequest;
}

RequestParser::Result RequestParser::ParseLine(std::string_view line, std::string_view after,
                                               Request* request, size_t* consumed) {
  const std::optional<size_t> value_bytes = ParseCommandLine(*commands_, line, request);
  if (!value_bytes.has_value()) return Result::kRequest;
  const size_t block = *value_bytes + 2;
  if (request->command == Command::kInvalid) {
    Refuse(block, request);
    return Result::kRequest;
  }
  const size_t key_bytes = request->meta.Has('b') ? request->meta.key_bytes : request->key.size();
  if (no_memory_ || ItemBytes(key_bytes, request->flags, *value_bytes) > max_item_bytes_) {
    request->too_large = true;
    discard_bytes_ = block - dropped_;
    owed_error_ = request->noreply ? std::string_view() : no_memory_ ? kNoMemory : kTooLarge;
    owed_noreply_ = false;
    no_memory_ = false;
    dropped_ = 0;
    return Result::kRequest;
  }
  *consumed += block;
  if (after.size() < block) return Result::kNeedMore;
  request->value = after.substr(0, *value_bytes);
  if (after.substr(*value_bytes, 2) != "\r\n") Fail(kBadChunk, request);
  return Result::kRequest;
}

}  // namespace overtake
