#include "server/storage/item_number.h"

#include <string>
#include <string_view>

#include "protocol/number.h"
#include "protocol/parser.h"

namespace overtake {
namespace {

// The value in one piece: where it lies, or in *joined. Rarely in several, and then as a rule
// short.
std::string_view Joined(const ItemView& item, std::string* joined) {
  if (item.pieces.size() == 1) return item.pieces[0];
  for (const std::string_view piece : item.pieces) joined->append(piece);
  return *joined;
}

}  // namespace

bool MayBeNumber(const ItemView& item) {
  constexpr size_t kLargestUnchained = 512 << 10;
  return item.value_bytes > 0 &&
         ItemBytes(item.key.size(), item.flags, item.value_bytes) <= kLargestUnchained;
}

bool ParseItemNumber(const ItemView& item, uint64_t* number) {
  if (!MayBeNumber(item)) return false;
  std::string joined;
  const std::string_view text = Joined(item, &joined);
  return ParseUint64(text.substr(0, text.find('\0')), number);
}

}  // namespace overtake
