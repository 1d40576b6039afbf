#include "server/stats/baseline.h"

#include <algorithm>
#include <optional>

namespace overtake {
namespace {

std::string KeyOf(std::string_view section, const StatName& name) {
  std::string key(section);
  for (const std::string_view part : {name.label.value, name.text}) (key += ' ') += part;
  return key;
}

}  // namespace

StatsSink StatsBaseline::Reset(std::string_view section) {
  const auto remember = [this, section](const Stat& stat) {
    MutexLock lock(&mutex_);
    if (stat.kind == StatKind::kCounter) {
      counters_[KeyOf(section, stat.name)] = std::get<uint64_t>(stat.value);
    } else if (stat.kind == StatKind::kHistogram) {
      histograms_.insert_or_assign(KeyOf(section, stat.name),
                                   *std::get<StatHistogram>(stat.value).recorded);
    }
  };
  return StatsSink(remember, /*wants_empty=*/true);
}

StatsSink StatsBaseline::Since(std::string_view section, const StatsSink* to) const {
  const auto pass_on = [this, section, to](Stat stat) {
    std::optional<Histogram> since;
    {
      MutexLock lock(&mutex_);
      if (stat.kind == StatKind::kCounter) {
        uint64_t& count = std::get<uint64_t>(stat.value);
        const auto found = counters_.find(KeyOf(section, stat.name));
        // A reset after the count was read leaves nothing of it.
        if (found != counters_.end()) count -= std::min(count, found->second);
      } else if (stat.kind == StatKind::kHistogram) {
        const Histogram*& recorded = std::get<StatHistogram>(stat.value).recorded;
        since = *recorded;  // not before the lock: then a reset may remember what is later
        const auto found = histograms_.find(KeyOf(section, stat.name));
        if (found != histograms_.end()) since->Subtract(found->second);
        recorded = &*since;
      }
    }
    to->Put(stat);
  };
  return StatsSink(pass_on, to->wants_empty());
}

}  // namespace overtake
