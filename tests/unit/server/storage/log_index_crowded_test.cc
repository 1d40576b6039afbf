// The index when tags crowd, as somebody makes them who knows the hash: a model beside it.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "tests/unit/server/storage/index_fixture.h"

namespace overtake {
namespace {

using Vacancy = IndexTable::Vacancy;

constexpr size_t kSlotsPerPage = 512;

// The tags that crowd, of all 2^32.
struct Range {
  const char* name;
  uint32_t first;
  uint64_t count;
};

class CrowdedIndexTest : public IndexFixture, public ::testing::WithParamInterface<Range> {
 protected:
  uint32_t CrowdedTag() {
    return GetParam().first + static_cast<uint32_t>(random_() % GetParam().count);
  }

  // As the store does it: where there is no place, another item goes.
  void Insert(uint32_t tag) {
    const Location location = next_++;
    switch (table_.EnsureRoom(tag, model_.size())) {
      case Vacancy::kRoom:
        table_.Insert(tag, location);
        break;
      case Vacancy::kNoPage:
        ASSERT_EQ(pool_.free_pages(), 0U);
        return;
      case Vacancy::kDoesNotFit: {
        ++displaced_;
        std::vector<IndexTable::Slot*> places;
        table_.VisitPlaces(tag, [&](IndexTable::Slot* slot, size_t crowd) {
          ASSERT_GE(crowd, 1U);
          places.push_back(slot);
        });
        ASSERT_FALSE(places.empty());
        IndexTable::Slot* const slot = places[random_() % places.size()];
        ASSERT_EQ(model_.erase(IndexTable::LocationOf(slot)), 1U);
        IndexTable::TakeOver(slot, tag, location);
        break;
      }
    }
    model_[location] = tag;
    most_ = std::max(most_, model_.size());
  }

  void EraseOne() {
    auto it = model_.lower_bound(static_cast<Location>(random_() % next_));
    if (it == model_.end()) it = model_.begin();
    IndexTable::Slot* const slot = table_.FindLocation(it->second, it->first);
    ASSERT_NE(slot, nullptr);
    table_.Erase(slot);
    model_.erase(it);
  }

  void Check() {
    for (const auto& [location, tag] : model_) ASSERT_TRUE(Has(tag, location));
    std::map<Location, int> walked;
    for (uint64_t at = 0; at < uint64_t{1} << 32;) {
      at = table_.Walk(at, [&](Location location) { ++walked[location]; });
    }
    ASSERT_EQ(walked.size(), model_.size());
    for (const auto& [location, times] : walked) {
      ASSERT_EQ(times, 1);
      ASSERT_TRUE(model_.contains(location));
    }
    // Crowds make no page: it takes items.
    ASSERT_LE(table_.pages(), most_ * 100 / IndexTable::kMinLoadPercent / kSlotsPerPage + 1);
  }

  std::mt19937_64 random_{1};
  std::map<Location, uint32_t> model_;
  Location next_ = 1;
  size_t most_ = 0;  // items at one time
  size_t displaced_ = 0;
};

TEST_P(CrowdedIndexTest, AloneTheyTakeEachOthersPlaces) {
  for (int i = 0; i < 40'000; ++i) ASSERT_NO_FATAL_FAILURE(Insert(CrowdedTag()));
  EXPECT_GT(displaced_, 0U);
  ASSERT_NO_FATAL_FAILURE(Check());
  while (!model_.empty()) ASSERT_NO_FATAL_FAILURE(EraseOne());
  Check();
}

TEST_P(CrowdedIndexTest, AmongOthersNothingGetsLost) {
  // It grows, shrinks, and grows again, to more pages each time.
  for (const size_t items : {1'000, 9'000, 25'000}) {
    while (model_.size() < items) {
      ASSERT_NO_FATAL_FAILURE(
          Insert(random_() % 4 == 0 ? CrowdedTag() : static_cast<uint32_t>(random_())));
      if (random_() % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(EraseOne());
      }
    }
    ASSERT_NO_FATAL_FAILURE(Check());
    while (model_.size() > items / 3) {
      ASSERT_NO_FATAL_FAILURE(EraseOne());
      if (random_() % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(Insert(CrowdedTag()));
      }
    }
    ASSERT_NO_FATAL_FAILURE(Check());
  }
}

TEST_P(CrowdedIndexTest, ACrowdKeepsOthersFromNoPage) {
  for (int i = 0; i < 5'000; ++i) ASSERT_NO_FATAL_FAILURE(Insert(CrowdedTag()));
  for (int i = 0; i < 25'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(Insert(static_cast<uint32_t>(random_())));
  }
  // As full as it is without a crowd.
  EXPECT_GT(model_.size() * 100, table_.pages() * kSlotsPerPage * 80);
  EXPECT_GT(table_.pages(), 40U);
  Check();
}

TEST_P(CrowdedIndexTest, ReadersMissNothingThatStays) {
  constexpr Location kStay = IndexReaders::kStay;
  const auto tag_of = IndexReaders::TagOf;
  for (Location l = 1; l <= kStay; ++l) ASSERT_NO_FATAL_FAILURE(Insert(tag_of(l)));
  IndexReaders readers(&table_);
  std::vector<std::pair<uint32_t, Location>> others;
  for (int i = 0; i < 60'000; ++i) {
    if (others.size() >= 9'000 || (others.size() > 100 && random_() % 3 == 0)) {
      std::swap(others[random_() % others.size()], others.back());
      table_.Erase(table_.FindLocation(others.back().first, others.back().second));
      others.pop_back();
      continue;
    }
    const uint32_t tag = random_() % 2 == 0 ? CrowdedTag() : static_cast<uint32_t>(random_());
    const Location location = next_++;
    const Vacancy vacancy = table_.EnsureRoom(tag, kStay + others.size());
    if (vacancy == Vacancy::kRoom) {
      table_.Insert(tag, location);
      others.emplace_back(tag, location);
    } else if (vacancy == Vacancy::kDoesNotFit) {
      IndexTable::Slot* place = nullptr;
      table_.VisitPlaces(tag, [&](IndexTable::Slot* slot, size_t /*crowd*/) {
        if (IndexTable::LocationOf(slot) > kStay) place = slot;
      });
      if (place == nullptr) continue;
      const auto gone = std::find_if(others.begin(), others.end(), [&](const auto& other) {
        return other.second == IndexTable::LocationOf(place);
      });
      *gone = {tag, location};
      IndexTable::TakeOver(place, tag, location);
    }
  }
  EXPECT_EQ(readers.Stop(), 0);
}

constexpr uint64_t kAll = uint64_t{1} << 32;
INSTANTIATE_TEST_SUITE_P(Ranges, CrowdedIndexTest,
                         ::testing::Values(Range{"AllEqual", 0x7654'3210, 1},
                                           Range{"AllZero", 0, 1},
                                           Range{"AllTheLast", UINT32_MAX, 1},
                                           Range{"AQuarter", 0x4000'0000, kAll / 4},
                                           Range{"TheLastQuarter", 0xC000'0000, kAll / 4},
                                           Range{"ASixteenth", 0x7000'0000, kAll / 16},
                                           Range{"A128th", 0x7654'3210, kAll / 128},
                                           Range{"TheLast128th", 0xFE00'0000, kAll / 128}),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace overtake
