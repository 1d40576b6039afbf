// What the cache holds.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "protocol/pin.h"

namespace overtake {

// Seconds on the server's clock, which starts above 0. As an expiry time, 0 means never.
using Seconds = uint32_t;

// A stored item, for as long as the callback that it is passed to runs.
class ItemView {
 public:
  virtual ~ItemView() = default;

  std::string_view key;
  uint32_t flags = 0;
  Seconds expires = 0;
  uint64_t cas = 0;
  size_t value_bytes = 0;
  // The value, in order. More than one piece when it spans several units of allocation.
  absl::Span<const std::string_view> pieces;

  // Keeps `pieces` where they are, unchanged, beyond the callback and until the Pin is gone, even
  // if the item is overwritten, deleted or evicted meanwhile.
  virtual Pin PinValue() const = 0;
};

enum class StoreMode { kSet, kAdd, kReplace, kAppend, kPrepend, kCas };
enum class StoreResult { kStored, kNotStored, kExists, kNotFound, kNoMemory };
enum class DeltaResult { kOk, kNotFound, kNotANumber, kNoMemory };

struct NewItem {
  std::string_view key;
  std::string_view value;
  uint32_t flags = 0;
  Seconds expires = 0;
  uint64_t cas = 0;  // StoreMode::kCas: what the item's must be
};

struct StoreStats {
  uint64_t items = 0;
  uint64_t bytes = 0;  // of memory that items take
  uint64_t limit_bytes = 0;
  uint64_t total_items = 0;  // stored since the start
  uint64_t evictions = 0;    // items dropped for memory before they expired
  uint64_t expired_unfetched = 0;
  uint64_t evicted_unfetched = 0;
  uint64_t get_expired = 0;  // look-ups that found an item expired, or flushed
  uint64_t get_flushed = 0;
  uint64_t reclaimed = 0;   // memory of expired items used again
  uint64_t hash_bytes = 0;  // of the index
  uint64_t hash_power = 0;  // log2 of the index's buckets
};

// A bounded, concurrent map from key to item under memcached's contract: expiry, CAS uniques that
// are never given twice to a key, eviction when memory is short. All methods may be called from any
// thread at once; each is atomic for its key. `now` is the caller's clock; keys are 1 to 250 bytes.
//
// A value is shown to a callback rather than returned, so that an implementation may let readers
// run without a lock and still tell when they are done; the callback should only copy or pin.
class Store {
 public:
  using Visitor = absl::FunctionRef<void(const ItemView&)>;

  virtual ~Store() = default;

  // Shows the item to `visit`. False, without a call, when there is none.
  virtual bool Get(std::string_view key, Seconds now, Visitor visit) = 0;
  // The same, giving it a new expiry time before.
  virtual bool GetAndTouch(std::string_view key, Seconds expires, Seconds now, Visitor visit) = 0;
  virtual bool Touch(std::string_view key, Seconds expires, Seconds now) = 0;

  // kAppend and kPrepend keep the flags and expiry time that the item has.
  virtual StoreResult Put(StoreMode mode, const NewItem& item, Seconds now) = 0;
  virtual bool Delete(std::string_view key, Seconds now) = 0;

  // Adds `delta` to (or, `negative`, takes it from, but not below 0) a value that is a decimal
  // number below 2^64, modulo 2^64; *result is the new number. A shorter result is padded with
  // spaces behind to the length that the value had.
  virtual DeltaResult Add(std::string_view key, uint64_t delta, bool negative, Seconds now,
                          uint64_t* result) = 0;

  // Items stored up to now (`at` == 0), or up to the time `at` when it comes, are gone.
  virtual void FlushAll(Seconds at) = 0;

  virtual StoreStats Stats() const = 0;
};

struct StoreOptions {
  uint64_t memory_bytes = 64ULL << 20;
  size_t max_item_bytes = 1 << 20;  // as protocol's ItemBytes counts; for append and prepend
  bool evict = true;                // false: refuse new items when memory is full
};

std::unique_ptr<Store> MakeStore(const StoreOptions& options);

}  // namespace overtake
