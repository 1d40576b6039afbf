#include "server/watch/item_lines.h"

#include "absl/strings/str_cat.h"
#include "protocol/parser.h"
#include "server/slab_class.h"
#include "server/uri.h"

namespace overtake {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// "type=<type> key=<key>"
std::string Beginning(std::string_view type, std::string_view key) {
  std::string line = absl::StrCat("type=", View(type), " key=");
  AppendUriEncoded(key, &line);
  return line;
}

}  // namespace

ItemFacts FactsOf(std::string_view key, uint32_t flags, size_t value_bytes) {
  return {key, SlabClassOf(ItemBytes(key.size(), flags, value_bytes)), value_bytes};
}

std::string FetchLine(const ItemFacts& item, std::string_view status, int connection) {
  std::string line = Beginning("item_get", item.key);
  absl::StrAppend(&line, " status=", View(status), " clsid=", item.slab_class, " cfd=", connection,
                  " size=", item.bytes);
  return line;
}

std::string StoreLine(const ItemFacts& item, std::string_view status, std::string_view command,
                      uint32_t ttl, int connection) {
  std::string line = Beginning("item_store", item.key);
  absl::StrAppend(&line, " status=", View(status), " cmd=", View(command), " ttl=", ttl,
                  " clsid=", item.slab_class, " cfd=", connection, " size=", item.bytes);
  return line;
}

std::string DeletionLine(const ItemFacts& item, std::string_view command) {
  std::string line = Beginning("deleted", item.key);
  absl::StrAppend(&line, " cmd=", View(command), " clsid=", item.slab_class, " size=", item.bytes);
  return line;
}

std::string EvictionLine(const ItemView& item, Seconds now) {
  const ItemFacts facts = FactsOf(item.key, item.flags, item.value_bytes);
  std::string line = Beginning("eviction", item.key);
  const int64_t ttl = item.expires == 0 ? -1 : int64_t{item.expires} - int64_t{now};
  absl::StrAppend(&line, " fetch=", item.fetched ? "yes" : "no", " ttl=", ttl,
                  " la=", now - item.last_access, " clsid=", facts.slab_class,
                  " size=", facts.bytes);
  return line;
}

}  // namespace overtake
