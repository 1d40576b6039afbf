#include "server/storage/item_number.h"

#include <array>
#include <string_view>

#include "protocol/number.h"
#include "protocol/parser.h"

namespace overtake {
namespace {

// Longer values are no numbers: 20 digits, the white space that C allows, and what incr padded.
constexpr size_t kMaxNumberBytes = 64;

// The start of the item's value, in one piece; in *buffer when it lies in several.
std::string_view Head(const ItemView& item, std::array<char, kMaxNumberBytes>* buffer) {
  if (item.pieces.empty()) return {};
  if (item.pieces.size() == 1) return item.pieces[0];
  size_t used = 0;
  for (const std::string_view piece : item.pieces) {
    used += piece.copy(buffer->data() + used, buffer->size() - used);
  }
  return {buffer->data(), used};
}

}  // namespace

bool MayBeNumber(const ItemView& item) {
  constexpr size_t kLargestUnchained = 512 << 10;
  return item.value_bytes > 0 &&
         ItemBytes(item.key.size(), item.flags, item.value_bytes) <= kLargestUnchained;
}

bool ParseItemNumber(const ItemView& item, uint64_t* number) {
  if (!MayBeNumber(item)) return false;
  std::array<char, kMaxNumberBytes> buffer;
  const std::string_view text = Head(item, &buffer);
  // Digits that go on behind the head.
  if (text.size() < item.value_bytes && text.back() >= '0' && text.back() <= '9') return false;
  return ParseUint64(text.substr(0, text.find('\0')), number);
}

}  // namespace overtake
