#include "server/commands/item_reply.h"

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/write_number.h"
#include "protocol/key_list.h"

namespace overtake {
namespace {

// Values up to this size are copied into the reply: cheaper than a piece of their own in the
// gathered write. Larger ones are sent from where they are stored.
constexpr size_t kMaxCopiedValue = 4096;

char* Copy(std::string_view bytes, char* to) {
  std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

// All pieces' pins, or nothing when one of them is refused.
using Pins = absl::InlinedVector<Pin, 4>;
std::optional<Pins> PinAll(const ItemView& item) {
  Pins pins;
  for (size_t i = 0; i < item.pieces.size(); ++i) {
    pins.push_back(item.PinPiece(i));
    if (!pins.back().held()) return std::nullopt;
  }
  return pins;
}

// Appends what `write_line` writes at the place that it is given, at most `max_line` bytes, to the
// end that it returns; then the value and "\r\n". False as in the header.
template <typename WriteLine>
bool AppendLineAndValue(size_t max_line, const WriteLine& write_line, const ItemView& item,
                        Reply* reply) {
  std::optional<Pins> pins;
  if (item.value_bytes > kMaxCopiedValue) {
    pins = PinAll(item);
    if (!pins.has_value() && !reply->MayCopy(item.value_bytes)) return false;
  }
  const bool copied = !pins.has_value();
  char* at = write_line(reply->Reserve(max_line + (copied ? item.value_bytes + 2 : 0)));
  if (copied) {
    for (const std::string_view piece : item.pieces) at = Copy(piece, at);
    reply->Commit(Copy("\r\n", at));
    return true;
  }
  reply->Commit(at);
  for (size_t i = 0; i < item.pieces.size(); ++i) {
    reply->AppendPinned(item.pieces[i], std::move((*pins)[i]));
  }
  reply->Append("\r\n");
  return true;
}

}  // namespace

bool AppendItem(const ItemView& item, bool with_cas, Reply* reply) {
  constexpr size_t kMaxLine = 6 + kMaxKeyBytes + 3 * (1 + 20) + 2;
  const auto write_line = [&item, with_cas](char* at) {
    at = Copy("VALUE ", at);
    at = Copy(item.key, at);
    *at++ = ' ';
    at = WriteNumber(item.flags, at);
    *at++ = ' ';
    at = WriteNumber(item.value_bytes, at);
    if (with_cas) {
      *at++ = ' ';
      at = WriteNumber(item.cas, at);
    }
    return Copy("\r\n", at);
  };
  return AppendLineAndValue(kMaxLine, write_line, item, reply);
}

bool AppendValue(std::string_view line, const ItemView& item, Reply* reply) {
  const auto write_line = [line](char* at) { return Copy(line, at); };
  return AppendLineAndValue(line.size(), write_line, item, reply);
}

}  // namespace overtake
