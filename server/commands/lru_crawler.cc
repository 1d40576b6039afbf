#include "server/commands/lru_crawler.h"

#include <limits>
#include <string_view>

#include "absl/strings/str_split.h"
#include "protocol/line_parts.h"
#include "protocol/number.h"
#include "server/commands/item_dump.h"
#include "server/tuning.h"

namespace overtake {
namespace {

constexpr std::string_view kDisabled = "CLIENT_ERROR lru crawler disabled";

// "all", "hash", or numbers with commas between them. Returns "", or memcached's error.
std::string_view ParseClasses(std::string_view text, SlabClasses* classes) {
  *classes = 0;
  if (text == "all" || text == "hash") {
    *classes = kAllItems;
    return "";
  }
  const absl::string_view list(text.data(), text.size());
  for (absl::string_view word : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    int id = 0;
    if (!ParseSlabClass({word.data(), word.size()}, &id)) return "BADCLASS invalid class id";
    *classes |= SlabClasses{1} << id;
  }
  return *classes == 0 ? "NOTSTARTED no items to crawl" : "";
}

std::string_view Sleep(std::string_view text) {
  uint32_t microseconds = 0;
  if (!ParseUint32(text, &microseconds)) return kBadFormat;
  return microseconds > 1'000'000 ? "CLIENT_ERROR sleep must be one second or less" : "OK";
}

std::string_view ToCrawl(std::string_view text) {
  uint32_t items = 0;
  return ParseUint32(text, &items) ? "OK" : kBadFormat;
}

}  // namespace

std::string_view LruCrawler::Enable() {
  const bool was_enabled = enabled_.exchange(true, std::memory_order_relaxed);
  return was_enabled ? "ERROR failed to start lru crawler thread" : "OK";
}

std::string_view LruCrawler::Crawl(std::string_view classes) const {
  if (!enabled()) return kDisabled;
  if (classes == "hash") return "ERROR an unknown error happened";
  SlabClasses ids = 0;
  const std::string_view error = ParseClasses(classes, &ids);
  return error.empty() ? "OK" : error;
}

RequestHandler::Outcome LruCrawler::Execute(const Request& request, Continuation* continuation,
                                            Reply* reply) {
  const Tokens words = Split(request.text);
  std::string_view line = kError;
  if (words.count == 1 && words[0] == "enable") {
    line = Enable();
  } else if (words.count == 1 && words[0] == "disable") {
    enabled_.store(false, std::memory_order_relaxed);
    line = "OK";
  } else if (words.count == 2 && words[0] == "crawl") {
    line = Crawl(words[1]);
  } else if (words.count == 2 && words[0] == "sleep") {
    line = Sleep(words[1]);
  } else if (words.count == 2 && words[0] == "tocrawl") {
    line = ToCrawl(words[1]);
  } else if (words.count == 2 && (words[0] == "metadump" || words[0] == "mgdump") &&
             !request.noreply) {  // no class has that name
    return Dump(words[0] == "metadump", words[1], continuation, reply);
  }
  if (!request.noreply) reply->AppendLine(line);
  return RequestHandler::Outcome::kDone;
}

RequestHandler::Outcome LruCrawler::Dump(bool metadump, std::string_view classes,
                                         Continuation* continuation, Reply* reply) {
  SlabClasses ids = 0;
  std::string_view error = ParseClasses(classes, &ids);
  const bool begun = continuation->place != 0;
  if (!begun && !reply->empty()) {
    error = metadump ? "ERROR cannot pipeline other commands before metadump"
                     : "ERROR cannot pipeline other commands before mgdump";
  }
  if (!dumps_) error = metadump ? "ERROR metadump not allowed" : "ERROR key dump not allowed";
  if (!begun && !enabled()) error = kDisabled;
  if (!error.empty()) {
    reply->AppendLine(error);
    return RequestHandler::Outcome::kDone;
  }
  if (!begun) reply->AppendLine("OK");
  uint64_t unlimited = std::numeric_limits<uint64_t>::max();
  if (DumpItems(metadump ? DumpFormat::kMetadump : DumpFormat::kMgdump, ids, *clock_, store_,
                &continuation->place, &unlimited, reply)) {
    return RequestHandler::Outcome::kMore;
  }
  reply->AppendLine(metadump ? "END" : "EN");
  return RequestHandler::Outcome::kDone;
}

}  // namespace overtake
