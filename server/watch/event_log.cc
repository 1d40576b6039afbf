#include "server/watch/event_log.h"

#include <sys/time.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/watch/item_lines.h"

namespace overtake {

void EventLog::Observe(Observed kind, bool on) {
  MutexLock lock(&mutex_);
  by_others_ = on ? by_others_ | kind : by_others_ & ~kind;
  UpdateObserved();
}

uint64_t EventLog::AddWatcher(Observed kinds) {
  MutexLock lock(&mutex_);
  if (watchers_.size() >= kMaxWatchers) return 0;
  watchers_.push_back(std::make_unique<Watcher>(Watcher{.number = ++last_number_, .kinds = kinds}));
  UpdateObserved();
  return last_number_;
}

void EventLog::RemoveWatcher(uint64_t watcher) {
  MutexLock lock(&mutex_);
  std::erase_if(watchers_, [watcher](const auto& w) { return w->number == watcher; });
  UpdateObserved();
}

void EventLog::Take(uint64_t watcher, Reply* reply) {
  MutexLock lock(&mutex_);
  Watcher* const w = Find(watcher);
  if (w == nullptr) return;
  reply->Append(w->lines);
  // What a burst has needed is not kept.
  w->lines = std::string();
}

void EventLog::Write(Observed kind, std::string_view event) {
  timeval now = {};
  gettimeofday(&now, nullptr);
  MutexLock lock(&mutex_);
  const std::string line = absl::StrCat("ts=", now.tv_sec, ".", now.tv_usec, " gid=", ++last_gid_,
                                        " ", absl::string_view(event.data(), event.size()), "\n");
  ++counts_.written;
  for (const auto& w : watchers_) {
    if ((w->kinds & kind) == 0) continue;
    const std::string before =
        w->skipped > 0 ? absl::StrCat("skipped=", w->skipped, "\n") : std::string();
    if (w->lines.size() + before.size() + line.size() > buffer_bytes_) {
      ++w->skipped;
      ++counts_.skipped;
      continue;
    }
    w->skipped = 0;
    w->lines += before;
    w->lines += line;
    ++counts_.sent;
  }
}

void EventLog::Evicted(const ItemView& item, Seconds now) {
  if (Wants(kEvictions)) Write(kEvictions, EvictionLine(item, now));
}

EventLog::Counts EventLog::counts() const {
  MutexLock lock(&mutex_);
  Counts counts = counts_;
  counts.watchers = watchers_.size();
  return counts;
}

EventLog::Watcher* EventLog::Find(uint64_t number) {
  const auto found = std::find_if(watchers_.begin(), watchers_.end(),
                                  [number](const auto& w) { return w->number == number; });
  return found == watchers_.end() ? nullptr : found->get();
}

void EventLog::UpdateObserved() {
  Observed all = by_others_;
  for (const auto& w : watchers_) all |= w->kinds;
  observed_.store(all, std::memory_order_relaxed);
}

}  // namespace overtake
