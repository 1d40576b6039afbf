#include "protocol/login_parser.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/key_list.h"
#include "protocol/number.h"

namespace overtake {
namespace {

void Reply(Command command, std::string_view text, Request* request) {
  *request = Request{};
  request->command = command;
  request->text = text;
}

// What C takes for the whole text: up to a NUL.
std::string_view CutAtNul(std::string_view text) { return text.substr(0, text.find('\0')); }

// How many of the first words of `text` there are, at most words.size().
template <size_t kWords>
size_t Split(std::string_view text, std::array<std::string_view, kWords>* words) {
  KeyList list(CutAtNul(text));
  size_t count = 0;
  while (count < kWords && list.Next(&(*words)[count])) ++count;
  return count;
}

}  // namespace

LoginParser::Result LoginParser::Next(std::string_view input, Request* request, size_t* consumed) {
  constexpr size_t kShortest = 2;
  *consumed = 0;
  if (block_bytes_ == 0) {
    const size_t newline = input.size() < kShortest ? input.npos : input.find('\n');
    if (newline == input.npos) {
      if (input.size() > kMaxLineBytes) {
        Reply(Command::kQuit, "", request);
        *consumed = input.size();
        return Result::kRequest;
      }
      needed_ = std::max(kShortest, input.size() + 1);
      return Result::kNeedMore;
    }
    *consumed = newline + 1;
    ParseLine(input.substr(0, newline), request);
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

void LoginParser::ParseLine(std::string_view line, Request* request) {
  std::array<std::string_view, 5> words;
  uint32_t length = 0;
  if (Split(line, &words) < words.size() || words[0] != "set" ||
      !ParseUint32Truncated(words[4], &length)) {
    return Reply(Command::kInvalid, "CLIENT_ERROR unauthenticated", request);
  }
  if (length > kMaxBlockBytes - 2) return Reply(Command::kQuit, "", request);
  block_bytes_ = length + size_t{2};
}

void LoginParser::Check(std::string_view block, Request* request) {
  if (!block.ends_with("\r\n")) {
    return Reply(Command::kInvalid, "CLIENT_ERROR bad command line termination", request);
  }
  block.remove_suffix(2);
  std::array<std::string_view, 2> words;
  if (Split(block, &words) < words.size()) {
    return Reply(Command::kInvalid, "CLIENT_ERROR bad authentication token format", request);
  }
  if (!authenticator_->Accepts(words[0], words[1])) {
    return Reply(Command::kAuthenticate, "CLIENT_ERROR authentication failure", request);
  }
  Reply(Command::kAuthenticate, "STORED", request);
  request->number = 1;
  authenticator_ = nullptr;
}

}  // namespace overtake
