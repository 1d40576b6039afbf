// A store whose use is told to watchers.
#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/request.h"
#include "server/clock.h"
#include "server/stats/prefix_stats.h"
#include "server/storage/store.h"
#include "server/watch/event_log.h"

namespace overtake {

// Passes everything on to another store, and tells an EventLog and PrefixStats of it. Requests go
// through one of these only while somebody observes. One thread's; the store behind it is shared.
class WatchedStore final : public Store {
 public:
  // All must outlive this.
  WatchedStore(Store* store, const Clock* clock, EventLog* log, PrefixStats* prefixes)
      : store_(store), clock_(clock), log_(log), prefixes_(prefixes) {}

  // What follows is done for `*request`, until the next Begin, of the connection with this
  // descriptor.
  void Begin(const Request* request, int connection);

  Found Get(std::string_view key, Seconds now, Visitor visit) override;
  Updated Update(std::string_view key, Seconds now, Changer change, Visitor after) override;
  using Store::Update;

  bool Walk(uint64_t* place, Seconds now, Visitor visit) override {
    return store_->Walk(place, now, visit);
  }
  void FlushAll(Seconds at, Seconds now) override { store_->FlushAll(at, now); }
  StoreStats Stats() const override { return store_->Stats(); }
  uint64_t limit_bytes() const override { return store_->limit_bytes(); }
  bool SetLimit(uint64_t bytes) override { return store_->SetLimit(bytes); }

 private:
  // An update, as it was found out in passing.
  struct Seen {
    uint32_t flags = 0;
    size_t value_bytes = 0;  // of the item before
    Change::Kind kind = Change::Kind::kLeave;
    uint32_t new_flags = 0;
    size_t new_value_bytes = 0;
    Seconds expires = 0;
  };

  void TellFetch(std::string_view key, Found found, uint32_t flags, size_t value_bytes);
  void TellStore(std::string_view key, Seconds now, Updated updated, const Seen& seen);

  Store* const store_;
  const Clock* const clock_;
  EventLog* const log_;
  PrefixStats* const prefixes_;
  const Request* request_ = nullptr;
  int connection_ = -1;
};

}  // namespace overtake
