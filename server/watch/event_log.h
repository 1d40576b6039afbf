// What happens in the server, line by line, to who watches.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "protocol/reply.h"
#include "server/storage/eviction_listener.h"

namespace overtake {

// What can be observed, a bit each. A request looks at one word of these bits, and nothing is done
// for what nobody observes.
using Observed = uint32_t;
inline constexpr Observed kFetchers = 1;    // look-ups of items
inline constexpr Observed kMutations = 2;   // items stored, or not
inline constexpr Observed kEvictions = 4;   // items that had to go
inline constexpr Observed kConnEvents = 8;  // connections opened and closed
inline constexpr Observed kDeletions = 16;  // items deleted by clients
inline constexpr Observed kPrefixes = 32;   // stats detail: by PrefixStats, not by watchers
inline constexpr Observed kRequests = 64;   // with -vv: by RequestLog

// Watchers, memcached's `watch`: each has a bounded buffer of lines that its connection takes away.
// What does not fit is skipped and counted. All methods: any thread.
class EventLog final : public EvictionListener {
 public:
  static constexpr size_t kMaxWatchers = 20;

  explicit EventLog(size_t buffer_bytes) : buffer_bytes_(buffer_bytes) {}

  Observed observed() const { return observed_.load(std::memory_order_relaxed); }
  bool Wants(Observed kind) const { return (observed() & kind) != 0; }
  void ObservePrefixes(bool on) { Observe(kPrefixes, on); }
  void ObserveRequests(bool on) { Observe(kRequests, on); }

  // Returns the watcher's number, above 0; 0 when there are too many.
  uint64_t AddWatcher(Observed kinds);
  void RemoveWatcher(uint64_t watcher);
  // Moves the watcher's lines to the reply.
  void Take(uint64_t watcher, Reply* reply);

  // Adds a line, "ts=<Unix time> gid=<number> " and `event`, for each watcher of `kind`.
  void Write(Observed kind, std::string_view event);

  void Evicted(const ItemView& item, Seconds now) override;

  struct Counts {
    uint64_t written = 0;  // lines made
    uint64_t sent = 0;     // lines put into watchers' buffers
    uint64_t skipped = 0;  // lines for which there was no room
    size_t watchers = 0;
  };
  Counts counts() const;

 private:
  struct Watcher {
    uint64_t number;
    Observed kinds;
    std::string lines = {};
    uint64_t skipped = 0;  // since the last line
  };

  void Observe(Observed kind, bool on);
  Watcher* Find(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UpdateObserved() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t buffer_bytes_;
  std::atomic<Observed> observed_{0};  // written under mutex_
  mutable Mutex mutex_;
  Observed by_others_ ABSL_GUARDED_BY(mutex_) = 0;  // than watchers
  std::vector<std::unique_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_gid_ ABSL_GUARDED_BY(mutex_) = 0;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace overtake
