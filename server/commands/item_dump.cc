#include "server/commands/item_dump.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "protocol/base64.h"
#include "protocol/key_list.h"
#include "protocol/parser.h"
#include "server/slab_class.h"
#include "server/uri.h"

namespace overtake {
namespace {

size_t SizeOf(const ItemView& item) {
  return ItemBytes(item.key.size(), item.flags, item.value_bytes);
}

// Whether the key can stand in a line as it is. Others are stored through meta commands, in base64.
bool IsWord(std::string_view key) {
  return std::all_of(key.begin(), key.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; });
}

bool IsWanted(const ItemView& item, DumpFormat format, SlabClasses classes) {
  // As memcached does; nor must a key end the line.
  if (format == DumpFormat::kCachedump && !IsWord(item.key)) return false;
  return (classes & kAllItems) != 0 || (classes >> SlabClassOf(SizeOf(item)) & 1) != 0;
}

void AppendMetadump(const ItemView& item, const Clock& clock, std::string* line) {
  line->append("key=");
  AppendUriEncoded(item.key, line);
  const size_t size = SizeOf(item);
  absl::StrAppend(line, " exp=", item.expires == 0 ? -1 : clock.UnixTimeOf(item.expires),
                  " la=", clock.UnixTimeOf(item.last_access), " cas=", item.cas,
                  item.fetched ? " fetch=yes" : " fetch=no", " cls=", SlabClassOf(size),
                  " size=", size, " flags=", item.flags, " \n");
}

void AppendMgdump(const ItemView& item, std::string* line) {
  line->append("mg ");
  if (IsWord(item.key)) {
    line->append(item.key);
  } else {
    char text[(kMaxKeyBytes + 2) / 3 * 4];
    line->append(text, EncodeBase64(item.key, text));
    line->append(" b");
  }
  line->append("\r\n");
}

void AppendCachedump(const ItemView& item, const Clock& clock, std::string* line) {
  line->append("ITEM ");
  line->append(item.key);
  absl::StrAppend(line, " [", item.value_bytes, " b; ",
                  item.expires == 0 ? 0 : clock.UnixTimeOf(item.expires), " s]\r\n");
}

}  // namespace

bool DumpItems(DumpFormat format, SlabClasses classes, const Clock& clock, Store* store,
               uint64_t* place, uint64_t* limit, Reply* reply) {
  constexpr size_t kPartBytes = 16 << 10;
  // Where little is wanted of much, or the index is empty, these bound the part.
  constexpr int kItems = 500;
  constexpr int kSteps = 2'000;
  const size_t full = reply->size() + kPartBytes;
  std::string line;
  bool more = true;
  int items = 0;
  for (int step = 0; step < kSteps && items < kItems && more && *limit > 0 && reply->size() < full;
       ++step) {
    more = store->Walk(place, clock.Now(), [&](const ItemView& item) {
      ++items;
      if (*limit == 0 || !IsWanted(item, format, classes)) return;
      --*limit;
      line.clear();
      switch (format) {
        case DumpFormat::kMetadump:
          AppendMetadump(item, clock, &line);
          break;
        case DumpFormat::kMgdump:
          AppendMgdump(item, &line);
          break;
        case DumpFormat::kCachedump:
          AppendCachedump(item, clock, &line);
          break;
      }
      reply->Append(line);
    });
  }
  return more && *limit > 0;
}

}  // namespace overtake
