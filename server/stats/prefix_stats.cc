#include "server/stats/prefix_stats.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace overtake {

void PrefixStats::Count(std::string_view key, Event event) {
  const size_t length = key.find(delimiter_);
  if (length == std::string_view::npos) return;
  MutexLock lock(&mutex_);
  Prefix* prefix = nullptr;
  const auto found = by_name_.find(absl::string_view(key.data(), length));
  if (found != by_name_.end()) {
    prefix = found->second;
  } else {
    if (prefixes_.size() >= kMaxPrefixes) return;
    prefix = &prefixes_.emplace_back(Prefix{.name = std::string(key.substr(0, length))});
    by_name_.emplace(prefix->name, prefix);
  }
  switch (event) {
    case Event::kHit:
      ++prefix->hits;
      [[fallthrough]];
    case Event::kMiss:
      ++prefix->gets;
      break;
    case Event::kSet:
      ++prefix->sets;
      break;
    case Event::kDelete:
      ++prefix->deletes;
      break;
  }
}

void PrefixStats::Clear() {
  MutexLock lock(&mutex_);
  by_name_.clear();
  prefixes_.clear();
}

bool PrefixStats::Dump(uint64_t* place, Reply* reply) const {
  constexpr uint64_t kLines = 256;
  MutexLock lock(&mutex_);
  const uint64_t end = std::min<uint64_t>(*place + kLines, prefixes_.size());
  for (; *place < end; ++*place) {
    const Prefix& p = prefixes_[*place];
    reply->AppendLine(absl::StrCat("PREFIX ", p.name, " get ", p.gets, " hit ", p.hits, " set ",
                                   p.sets, " del ", p.deletes));
  }
  return *place < prefixes_.size();
}

}  // namespace overtake
