// The commands that every store has, on Get and Update.
#include <algorithm>
#include <array>
#include <string>

#include "base/write_number.h"
#include "protocol/parser.h"
#include "protocol/reply.h"
#include "server/storage/item_number.h"
#include "server/storage/store.h"

namespace overtake {
bool Store::GetAndTouch(std::string_view key, Seconds expires, Seconds now, Visitor visit) {
  bool found = false;
  const auto touch = [expires](const ItemView* item) {
    if (item == nullptr) return Change::Leave();
    Change change = Change::Alter(*item);
    change.expires = expires;
    change.used = true;
    return change;
  };
  Update(key, now, touch, [&](const ItemView& item) {
    found = true;
    visit(item);
  });
  return found;
}

bool Store::Touch(std::string_view key, Seconds expires, Seconds now) {
  return GetAndTouch(key, expires, now, [](const ItemView&) {});
}

bool Store::Delete(std::string_view key, Seconds now) {
  bool found = false;
  Update(key, now, [&found](const ItemView* item) {
    found = item != nullptr;
    return Change::Delete();
  });
  return found;
}

StoreResult Store::Put(StoreMode mode, const NewItem& item, Seconds now) {
  StoreResult result = StoreResult::kStored;
  const bool stored = Update(item.key, now, [&](const ItemView* old) {
    const auto refuse = [&result](StoreResult why) {
      result = why;
      return Change::Leave();
    };
    result = StoreResult::kStored;
    Change change = Change::Store(item.value, item.flags, item.expires);
    switch (mode) {
      case StoreMode::kSet:
        break;
      case StoreMode::kAdd:
        if (old == nullptr) break;
        change = refuse(StoreResult::kNotStored);
        change.used = true;  // as in memcached: an add that fails was an interest in the item
        break;
      case StoreMode::kReplace:
        if (old == nullptr) return refuse(StoreResult::kNotStored);
        break;
      case StoreMode::kCas:
        if (old == nullptr) return refuse(StoreResult::kNotFound);
        // 0 is nobody's, or, where items have none, everybody's.
        if (item.cas == 0 || old->cas != item.cas) return refuse(StoreResult::kExists);
        break;
      case StoreMode::kAppend:
      case StoreMode::kPrepend:
        if (old == nullptr) return refuse(StoreResult::kNotStored);
        if (ItemBytes(item.key.size(), old->flags, old->value_bytes + item.value.size()) >
            max_item_bytes_) {
          return refuse(StoreResult::kNotStored);
        }
        change.flags = old->flags;
        change.expires = old->expires;
        change.value.insert(mode == StoreMode::kAppend ? change.value.begin() : change.value.end(),
                            old->pieces.begin(), old->pieces.end());
        break;
    }
    return change;
  });
  if (stored) return result;
  if (mode == StoreMode::kSet) Delete(item.key, now);
  return StoreResult::kNoMemory;
}

DeltaResult Store::Add(std::string_view key, uint64_t delta, bool negative, Seconds now,
                       uint64_t* result) {
  DeltaResult outcome = DeltaResult::kNotFound;
  std::array<char, 20> digits;
  std::string padding;
  const bool done = Update(key, now, [&](const ItemView* old) {
    if (old == nullptr) {
      outcome = DeltaResult::kNotFound;
      return Change::Leave();
    }
    uint64_t number = 0;
    if (!ParseItemNumber(*old, &number)) {
      outcome = DeltaResult::kNotANumber;
      return Change::Leave();
    }
    *result = negative ? number - std::min(number, delta) : number + delta;
    const auto length = static_cast<size_t>(WriteNumber(*result, digits.data()) - digits.data());
    padding.assign(old->value_bytes - std::min(old->value_bytes, length), ' ');
    Change change = Change::Store({digits.data(), length}, old->flags, old->expires);
    change.value.push_back(padding);
    // A number that fits is written in the old one's place: the marks stay. A longer one makes a
    // new item.
    if (length <= old->value_bytes) {
      change.fetched = old->fetched;
      change.stale = old->stale;
      change.win_given = old->win_given;
    }
    outcome = DeltaResult::kOk;
    return change;
  });
  return done ? outcome : DeltaResult::kNoMemory;
}

}  // namespace overtake
