// Long random sequences of operations on a store with little memory, beside a trivial map.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/server/storage/store_commands.h"

namespace overtake {
namespace {

#ifdef OVERTAKE_SANITIZED
constexpr int kSteps = 60'000;
#else
constexpr int kSteps = 400'000;
#endif

struct Known {
  std::string value;
  uint32_t flags = 0;
  Seconds expires = 0;
  Seconds stored = 0;
  uint64_t cas = 0;
};

struct Held {
  std::string copy;
  std::string_view bytes;
  Pin pin;
};

struct Shape {
  int seed;
  uint64_t memory;
  bool evict;
  int keys;
};

class ModelTest : public ::testing::TestWithParam<Shape> {
 protected:
  ModelTest()
      : random_(static_cast<unsigned>(GetParam().seed)),
        store_(MakeStore({.memory_bytes = GetParam().memory,
                          .evict = GetParam().evict,
                          .hash_seed = static_cast<uint64_t>(GetParam().seed)})) {}

  static constexpr size_t kMaxItem = 400'000;

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

  std::string RandomKey() {
    // Some keys more often than others.
    const uint32_t n = Below(3) == 0 ? Below(20) : Below(static_cast<uint32_t>(GetParam().keys));
    return "key" + std::string(n % 40, '-') + std::to_string(n);
  }

  std::string RandomValue() {
    const uint32_t kind = Below(1000);
    size_t bytes = Below(200);
    if (kind < 100) bytes = Below(4000);
    if (kind < 20) bytes = Below(60'000);
    if (kind < 3) bytes = Below(300'000);
    std::string value(bytes, static_cast<char>('a' + Below(26)));
    for (size_t i = 0; i < bytes; i += 97) value[i] = static_cast<char>('A' + (i / 97 + kind) % 26);
    if (Below(10) == 0) value = std::to_string(random_());
    return value;
  }

  Seconds RandomExpiry() { return Below(3) == 0 ? now_ + 1 + Below(50) : 0; }

  // The model's item, if it has not expired.
  Known* Find(const std::string& key) {
    const auto it = model_.find(key);
    if (it == model_.end()) return nullptr;
    const bool expired = it->second.expires != 0 && it->second.expires <= now_;
    const bool flushed = flush_at_ != 0 && flush_at_ <= now_ + 1 && it->second.stored < flush_at_;
    if (!expired && !flushed) return &it->second;
    model_.erase(it);
    return nullptr;
  }

  // Compares what is shown with what should be there.
  void Check(const std::string& key, const ItemView& item) {
    const Known* const known = Find(key);
    ASSERT_NE(known, nullptr) << key << " should be gone";
    std::string value;
    for (const std::string_view piece : item.pieces) value += piece;
    ASSERT_TRUE(value == known->value)
        << key << ": " << value.size() << " bytes instead of " << known->value.size();
    ASSERT_EQ(item.value_bytes, value.size());
    ASSERT_EQ(item.key, key);
    ASSERT_EQ(item.flags, known->flags);
    ASSERT_EQ(item.expires, known->expires);
    ASSERT_EQ(item.cas, known->cas);
  }

  // Brings the model to where the store is if the item was evicted. Returns whether it is there.
  bool Sync(const std::string& key) {
    bool found = false;
    store_->Update(key, now_, [&](const ItemView* item) {
      found = item != nullptr;
      if (found) Check(key, *item);
      return Change::Leave();
    });
    if (!found && Find(key) != nullptr) {
      ++lost_;
      model_.erase(key);
    }
    return found;
  }

  // After the store took a value: the model's, with the CAS unique that the store gave.
  void Stored(const std::string& key, Known known) {
    bool seen = false;
    known.stored = now_;
    store_->Update(key, now_, [&](const ItemView* item) {
      if (item != nullptr) {
        seen = true;
        known.cas = item->cas;
      }
      return Change::Leave();
    });
    if (flush_at_ != 0 && flush_at_ <= now_ + 1 && now_ < flush_at_) {
      EXPECT_FALSE(seen) << "flushed before it was stored";
      return;
    }
    if (known.expires != 0 && known.expires <= now_) return;
    ASSERT_TRUE(seen) << "just stored: " << key << ", " << known.value.size() << " bytes";
    ASSERT_GT(known.cas, last_cas_[key]) << "a CAS unique was given twice";
    last_cas_[key] = known.cas;
    model_[key] = std::move(known);
  }

  void Put() {
    const std::string key = RandomKey();
    const bool there = Sync(key);
    Known next = {.value = RandomValue(), .flags = Below(2) * 77, .expires = RandomExpiry()};
    constexpr Command kModes[] = {Command::kSet,    Command::kAdd,     Command::kReplace,
                                  Command::kAppend, Command::kPrepend, Command::kCas};
    const Command mode = kModes[Below(12) < 7 ? 0 : Below(6)];
    uint64_t cas = 0;
    if (there) cas = model_[key].cas + (Below(3) == 0 ? 1 : 0);
    const CommandResult result = SetItem(store_.get(), key,
                                         {.mode = mode,
                                          .value = next.value,
                                          .flags = next.flags,
                                          .expires = next.expires,
                                          .cas = mode == Command::kCas ? cas : 0,
                                          .max_item_bytes = kMaxItem},
                                         now_);
    CommandResult expected = CommandResult::kDone;
    switch (mode) {
      case Command::kSet:
        break;
      case Command::kAdd:
        if (there) expected = CommandResult::kNotStored;
        break;
      case Command::kReplace:
        if (!there) expected = CommandResult::kNotStored;
        break;
      case Command::kCas:
        if (!there) expected = CommandResult::kNotFound;
        if (there && cas != model_[key].cas) expected = CommandResult::kExists;
        break;
      case Command::kAppend:
      case Command::kPrepend:
        if (!there) {
          expected = CommandResult::kNotStored;
          break;
        }
        next.flags = model_[key].flags;
        next.expires = model_[key].expires;
        next.value = mode == Command::kAppend ? model_[key].value + next.value
                                              : next.value + model_[key].value;
        if (next.value.size() + 100 > kMaxItem) expected = result;  // near the limit: as it says
        break;
      default:
        break;
    }
    if (!GetParam().evict && result == CommandResult::kNoMemory) {
      if (mode == Command::kSet) model_.erase(key);
      return;
    }
    // Making room for the item may have cost it its old value.
    const bool evicted_meanwhile =
        there && (result == CommandResult::kNotStored || result == CommandResult::kNotFound);
    if (result != expected && evicted_meanwhile) {
      ASSERT_FALSE(Sync(key));
      return;
    }
    ASSERT_EQ(result, expected) << "mode " << static_cast<int>(mode) << ", " << next.value.size()
                                << " bytes";
    if (result == CommandResult::kDone) Stored(key, std::move(next));
  }

  void Get() {
    const std::string key = RandomKey();
    const Found found = store_->Get(key, now_, [&](const ItemView& item) { Check(key, item); });
    if (found != Found::kHit && Find(key) != nullptr) {
      ++lost_;
      model_.erase(key);
    }
  }

  void Touch() {
    const std::string key = RandomKey();
    const bool there = Sync(key);
    const Seconds expires = RandomExpiry();
    if (there) model_[key].expires = expires;
    const bool touched =
        TouchIn(store_.get(), key, expires, now_, [&](const ItemView& item) { Check(key, item); });
    if (GetParam().evict) {
      if (there && !touched) ++lost_;
      if (!touched) model_.erase(key);
    } else if (there && !touched) {
      model_.erase(key);  // no memory for the longer entry: then what it holds is unknown here
      DeleteFrom(store_.get(), key, now_);
    }
  }

  void Delta() {
    const std::string key = RandomKey();
    const bool there = Sync(key);
    uint64_t number = 0;
    const CommandResult result =
        AddTo(store_.get(), key, {.delta = 5, .negative = Below(2) == 0}, now_, &number);
    if (result == CommandResult::kNotFound) {
      if (there) ++lost_;
      model_.erase(key);
      return;
    }
    ASSERT_TRUE(there);
    if (result != CommandResult::kDone) return;
    Known next = model_[key];
    std::string digits = std::to_string(number);
    digits.resize(std::max(digits.size(), next.value.size()), ' ');
    next.value = digits;
    Stored(key, std::move(next));
  }

  void Delete() {
    const std::string key = RandomKey();
    const bool there = Sync(key);
    EXPECT_EQ(DeleteFrom(store_.get(), key, now_), there);
    model_.erase(key);
    EXPECT_FALSE(GetFrom(store_.get(), key, now_));
  }

  void HoldOrRelease() {
    if (held_.size() > 4) {
      const size_t i = Below(static_cast<uint32_t>(held_.size()));
      ASSERT_TRUE(held_[i].bytes == held_[i].copy) << "changed while pinned";
      std::swap(held_[i], held_.back());
      held_.pop_back();
      return;
    }
    store_->Get(RandomKey(), now_, [&](const ItemView& item) {
      if (item.value_bytes == 0) return;
      const size_t piece = Below(static_cast<uint32_t>(item.pieces.size()));
      Pin pin = item.PinPiece(piece);
      if (!pin.held()) return;
      held_.push_back({std::string(item.pieces[piece]), item.pieces[piece], std::move(pin)});
    });
  }

  void Step() {
    const uint32_t what = Below(1000);
    if (what < 450) return Put();
    if (what < 750) return Get();
    if (what < 800) return Touch();
    if (what < 850) return Delta();
    if (what < 920) return Delete();
    if (what < 960) return HoldOrRelease();
    if (what < 985) {
      store_->Maintain(now_);
      return;
    }
    if (what < 999) {
      now_ += Below(3);
      return;
    }
    if (Below(10) > 0) return;
    if (Below(2) == 0) {
      store_->FlushAll(0, now_);
      model_.clear();
      flush_at_ = 0;
    } else {
      std::vector<std::string> keys;
      for (const auto& [key, known] : model_) keys.push_back(key);
      for (const std::string& key : keys) Find(key);  // what is flushed stays so
      flush_at_ = now_ + 1 + Below(20);
      store_->FlushAll(flush_at_, now_);
    }
  }

  std::mt19937_64 random_;
  Seconds now_ = 100;
  Seconds flush_at_ = 0;
  std::unique_ptr<Store> store_;
  std::map<std::string, Known> model_;
  std::map<std::string, uint64_t> last_cas_;
  std::vector<Held> held_;
  uint64_t lost_ = 0;  // known to the model, and not in the store any more
};

TEST_P(ModelTest, AgreesWithATrivialMap) {
  for (int i = 0; i < kSteps; ++i) {
    Step();
    if (HasFatalFailure()) FAIL() << "at step " << i;
    if (i % 1000 != 0) continue;
    const StoreStats stats = store_->Stats();
    ASSERT_LE(lost_, stats.evictions) << "at step " << i;
    ASSERT_LE(stats.bytes, GetParam().memory);
    ASSERT_EQ(stats.log.live_bytes, stats.bytes) << "at step " << i;
    ASSERT_EQ(stats.log.live_bytes + stats.log.dead_bytes + stats.log.unwritten_bytes +
                  stats.log.free_bytes + stats.log.index_bytes + stats.log.index_free_bytes +
                  stats.log.ghost_bytes + stats.log.metadata_bytes + stats.log.slack_bytes,
              stats.limit_bytes);
  }
  held_.clear();
  std::vector<std::string> keys;
  for (const auto& [key, known] : model_) keys.push_back(key);
  uint64_t found = 0;
  for (const std::string& key : keys) found += Sync(key) ? 1 : 0;
  EXPECT_LE(lost_, store_->Stats().evictions);
  if (!GetParam().evict) {
    EXPECT_EQ(lost_, 0U);
  }
  EXPECT_GE(store_->Stats().items, found);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ModelTest,
    ::testing::Values(Shape{1, 1 << 20, true, 500}, Shape{2, 1 << 20, true, 20'000},
                      Shape{3, 2 << 20, true, 3000}, Shape{4, 8 << 20, true, 50'000},
                      Shape{5, 64 << 20, true, 2000}, Shape{6, 2 << 20, false, 3000}),
    [](const auto& info) { return "Seed" + std::to_string(info.param.seed); });

}  // namespace
}  // namespace overtake
