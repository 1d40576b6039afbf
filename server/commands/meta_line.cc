#include "server/commands/meta_line.h"

#include <cassert>
#include <cstring>

#include "base/write_number.h"
#include "protocol/base64.h"
#include "protocol/reply.h"

namespace overtake {

void MetaLine::Text(std::string_view text) {
  assert(size_ + text.size() <= text_.size());
  std::memcpy(text_.data() + size_, text.data(), text.size());
  size_ += text.size();
}

void MetaLine::Number(uint64_t number) {
  size_ = static_cast<size_t>(WriteNumber(number, text_.data() + size_) - text_.data());
}

void MetaLine::Flag(char letter) {
  const char text[] = {' ', letter};
  Text({text, sizeof(text)});
}

void MetaLine::Flag(char letter, uint64_t argument) {
  Flag(letter);
  Number(argument);
}

void MetaLine::FlagT(uint32_t expires, uint32_t now) {
  Flag('t');
  if (expires == 0) return Text("-1");
  // As memcached's, it wraps where a T in the same command has put the time into the past.
  Number(expires - now);
}

void MetaLine::Key(std::string_view key, bool base64) {
  if (!base64) return Text(key);
  size_ = static_cast<size_t>(EncodeBase64(key, text_.data() + size_) - text_.data());
}

void MetaLine::GiveBackKey(const Request& request, std::string_view key) {
  const bool base64 = request.meta.Has('b');
  Flag('k');
  Key(key, base64);
  if (base64) Flag('b');
}

}  // namespace overtake
