#include "protocol/login_parser.h"

#include <algorithm>
#include <optional>

#include "protocol/command_line.h"
#include "protocol/key_list.h"
#include "protocol/line_parts.h"
#include "protocol/number.h"

namespace overtake {
namespace {

void Reply(Command command, std::string_view text, Request* request) {
  *request = Request{};
  request->command = command;
  request->text = text;
}

// The first two words of `text`, as C sees it: a NUL ends it. False if there are fewer.
bool SplitUserAndPassword(std::string_view text, std::string_view* user,
                          std::string_view* password) {
  KeyList list(text.substr(0, text.find('\0')));
  return list.Next(user) && list.Next(password);
}

}  // namespace

LoginParser::Result LoginParser::Next(const CommandTable& commands, std::string_view input,
                                      Request* request, size_t* consumed) {
  constexpr size_t kShortest = 2;
  *consumed = 0;
  refused_block_bytes_ = 0;
  if (block_bytes_ == 0) {
    const size_t newline = input.size() < kShortest ? input.npos : input.find('\n');
    if (newline == input.npos) {
      if (input.size() > kMaxLineBytes) {
        Reply(Command::kQuit, "a line does not end", request);
        *consumed = input.size();
        return Result::kRequest;
      }
      needed_ = std::max(kShortest, input.size() + 1);
      return Result::kNeedMore;
    }
    *consumed = newline + 1;
    ParseLine(commands, input.substr(0, newline), request);
    if (block_bytes_ == 0) return Result::kRequest;
  }
  const std::string_view rest = input.substr(*consumed);
  if (rest.size() < block_bytes_) {
    needed_ = block_bytes_;
    return Result::kNeedMore;
  }
  Check(rest.substr(0, block_bytes_), request);
  *consumed += block_bytes_;
  block_bytes_ = 0;
  return Result::kRequest;
}

void LoginParser::ParseLine(const CommandTable& commands, std::string_view line, Request* request) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const Tokens words = Split(line);
  uint32_t token_bytes = 0;
  // Of a set's other words it does not matter whether they are valid.
  if (words[0] == "set" && ParseUint32(words[4], &token_bytes)) {
    if (token_bytes <= kMaxTokenBytes) {
      block_bytes_ = token_bytes + 2;
      return;
    }
    refused_block_bytes_ = size_t{token_bytes} + 2;
    return Reply(Command::kInvalid, "CLIENT_ERROR auth token too long", request);
  }
  const std::optional<size_t> length = ParseCommandLine(commands, line, request);
  if (length.has_value()) refused_block_bytes_ = *length + 2;
  Reply(Command::kInvalid, "CLIENT_ERROR unauthenticated", request);
}

void LoginParser::Check(std::string_view block, Request* request) {
  if (!block.ends_with("\r\n")) {
    return Reply(Command::kInvalid, "CLIENT_ERROR bad command line termination", request);
  }
  block.remove_suffix(2);
  std::string_view user, password;
  if (!SplitUserAndPassword(block, &user, &password)) {
    return Reply(Command::kInvalid, "CLIENT_ERROR bad authentication token format", request);
  }
  if (!authenticator_->Accepts(user, password)) {
    return Reply(Command::kAuthenticate, "CLIENT_ERROR authentication failure", request);
  }
  Reply(Command::kAuthenticate, "STORED", request);
  request->number = 1;
  authenticator_ = nullptr;
}

}  // namespace overtake
