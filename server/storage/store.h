// What the cache holds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "server/storage/change.h"
#include "server/storage/eviction_listener.h"
#include "server/storage/item_view.h"
#include "server/storage/store_stats.h"

namespace overtake {

// What a look-up came to. An item that had expired or was flushed it takes out.
enum class Found : uint8_t { kHit, kAbsent, kExpired, kFlushed };

struct StoreOptions {
  uint64_t memory_bytes = 64ULL << 20;
  bool cas = true;          // false: every item is shown with a CAS unique of 0
  bool evict = true;        // false: refuse new items when memory is full
  bool huge_pages = false;  // ask the system for them
  // Of the keys' hash. Random when it is not given, so that clients cannot tell which keys meet.
  std::optional<uint64_t> hash_seed = {};
  // The time for the store's own background work; none is done when there is no clock. Called on
  // the store's thread.
  std::function<Seconds()> clock = {};
  // Is told of evictions; null: nobody is. Must outlive the store, which does not own it.
  EvictionListener* evictions = nullptr;
};

// A bounded, concurrent map from key to item under memcached's contract: expiry, CAS uniques that
// are never given twice to a key, eviction when memory is short. All methods may be called from any
// thread at once; each is atomic for its key. `now` is the caller's clock; keys are 1 to 250 bytes.
//
// An item is shown to a callback rather than returned, so that an implementation may let readers
// run without a lock and still tell when they are done; the callback should only copy or pin, and
// must not call the store.
//
// Commands on items are made of two primitives, Get and Update (server/commands).
class Store {
 public:
  using Visitor = absl::FunctionRef<void(const ItemView&)>;
  // Given the live item of the key, or null, says what is to become of it. The item stays as it is
  // until the answer is carried out. An implementation may ask again, of the item as it is then,
  // when it first has to make room: only the last answer counts, so a Changer assigns what it finds
  // out and does nothing twice that cannot be undone.
  using Changer = absl::FunctionRef<Change(const ItemView* item)>;
  struct Updated {
    Found found;  // before the change
    bool done;    // false: there was no memory for it
  };

  // While one lives, a thread's Gets cost less: for multigets. May be nested. The thread must not
  // call anything but Get and Prefetch of the store meanwhile, and should be quick: memory that
  // others give up cannot be used again until then.
  class ReadGuard {
   public:
    explicit ReadGuard(Store* store) : store_(store) { store_->EnterReads(); }
    ~ReadGuard() { store_->LeaveReads(); }
    ReadGuard(const ReadGuard&) = delete;
    ReadGuard& operator=(const ReadGuard&) = delete;

   private:
    Store* const store_;
  };

  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Shows the item, if it is a kHit, to `visit` as it was before this access, and notes the access.
  virtual Found Get(std::string_view key, Seconds now, Visitor visit) = 0;

  // A hint that these keys will be asked for next: what finding them touches is fetched for all of
  // them at once rather than for one after the other.
  virtual void Prefetch(absl::Span<const std::string_view> /*keys*/) {}

  // Asks `change` and does what it says; then shows `after`, once, the item that there is now, if
  // any. All of it is one step to everybody else. If there was no memory for it, nothing has
  // changed and `after` was not called.
  virtual Updated Update(std::string_view key, Seconds now, Changer change, Visitor after) = 0;
  Updated Update(std::string_view key, Seconds now, Changer change) {
    return Update(key, now, change, [](const ItemView&) {});
  }

  // Shows the next some items (a bounded number, perhaps none) of a walk through all of them, in no
  // order; this is no access to them. `*place` is 0 at first, then what the last call left there.
  // False when there are no more. An item that is there during the whole walk is shown once.
  virtual bool Walk(uint64_t* place, Seconds now, Visitor visit) = 0;

  // Items stored up to now (`at` == 0), or up to the time `at` when it comes, are gone. There is
  // one such time: a later one takes the place of one that has not come.
  virtual void FlushAll(Seconds at, Seconds now) = 0;

  virtual StoreStats Stats() const = 0;

  // The memory limit in bytes, which SetLimit changes: by and by, when it becomes less. False, with
  // nothing changed, when the store cannot have so much.
  virtual uint64_t limit_bytes() const = 0;
  virtual bool SetLimit(uint64_t bytes) = 0;

  // A bounded piece of the work that the background thread does otherwise: for stores without a
  // clock. True if there is more to do.
  virtual bool Maintain(Seconds /*now*/) { return false; }

 protected:
  virtual void EnterReads() {}
  virtual void LeaveReads() {}
};

// The log-structured store.
// Throws std::system_error or std::bad_alloc when the system refuses the memory or the thread.
std::unique_ptr<Store> MakeStore(const StoreOptions& options);

// A simple store, each item in a piece of memory of its own, in shards under locks with eviction by
// recency (LRU): a reference for tests and benchmarks.
std::unique_ptr<Store> MakeShardedStore(const StoreOptions& options);

}  // namespace overtake
