#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>
#include <vector>

#include "server/storage/geometry.h"
#include "server/storage/ghost.h"
#include "tests/unit/server/storage/index_fixture.h"

namespace overtake {
namespace {

class IndexTableTest : public IndexFixture {};

TEST_F(IndexTableTest, EmptyFindsNothing) { EXPECT_FALSE(Has(1, 1)); }

TEST_F(IndexTableTest, GrowsByPagesAndStaysFull) {
  std::mt19937 random(1);
  std::vector<std::pair<uint32_t, Location>> all;
  for (Location location = 1; location <= 10'000; ++location) {
    const uint32_t tag = random();
    ASSERT_EQ(table_.EnsureRoom(tag, all.size()), IndexTable::Vacancy::kRoom);
    table_.Insert(tag, location);
    all.emplace_back(tag, location);
    if (location > 4000) {
      ASSERT_GT(location / (static_cast<double>(table_.pages()) * 512), 0.75) << location;
    }
  }
  for (const auto& [tag, location] : all) ASSERT_TRUE(Has(tag, location));
  EXPECT_FALSE(Has(all[0].first, 99'999));
}

TEST_F(IndexTableTest, RandomInsertsReplacementsAndErasures) {
  std::mt19937 random(2);
  std::map<Location, uint32_t> model;
  Location next = 1;
  for (int i = 0; i < 200'000; ++i) {
    // Tags that crowd, so that buckets overflow.
    const uint32_t tag = (random() % 300) * 14'000'000 + random() % 3;
    const bool grow = model.size() < 3000 && (i / 20'000) % 2 == 0;
    if (model.empty() || random() % 10 < (grow ? 6 : 4)) {
      if (table_.EnsureRoom(tag, model.size()) != IndexTable::Vacancy::kRoom) continue;
      table_.Insert(tag, next);
      model[next++] = tag;
      continue;
    }
    auto it = model.lower_bound(random() % next);
    if (it == model.end()) it = model.begin();
    IndexTable::Slot* const slot = table_.FindLocation(it->second, it->first);
    ASSERT_NE(slot, nullptr);
    if (random() % 3 == 0) {
      IndexTable::Replace(slot, next);
      model[next++] = it->second;
    } else {
      table_.Erase(slot);
    }
    model.erase(it);
    if (i % 5000 == 0) {
      for (const auto& [location, t] : model) ASSERT_TRUE(Has(t, location));
    }
  }
  size_t items = 0;
  for (uint64_t at = 0; at < uint64_t{1} << 32;) at = table_.Walk(at, [&](Location) { ++items; });
  EXPECT_EQ(items, model.size());
}

TEST_F(IndexTableTest, WithoutPagesItSaysSo) {
  uint32_t page = 0;
  while (pool_.free_pages() > 3) ASSERT_TRUE(pool_.Take(&page));
  size_t inserted = 0;
  const auto tag = [&inserted] { return static_cast<uint32_t>(inserted + 1) * 2'654'435'761U; };
  while (table_.EnsureRoom(tag(), inserted) == IndexTable::Vacancy::kRoom) {
    ASSERT_LE(inserted, 3U * 512);
    table_.Insert(tag(), static_cast<Location>(inserted + 1));
    ++inserted;
  }
  EXPECT_GT(inserted, 3U * 512 * 9 / 10);
  EXPECT_EQ(table_.EnsureRoom(tag(), inserted), IndexTable::Vacancy::kNoPage);
  pool_.Give(page);
  EXPECT_EQ(table_.EnsureRoom(tag(), inserted), IndexTable::Vacancy::kRoom);
}

TEST_F(IndexTableTest, WhenItCannotGrowItDoesNotAskForPages) {
  size_t inserted = 0;
  uint32_t tag = 0;
  const auto next = [&] { return table_.EnsureRoom(tag += 2'654'435'761U, inserted); };
  while (next() == IndexTable::Vacancy::kRoom) {
    table_.Insert(tag, static_cast<Location>(++inserted));
  }
  EXPECT_EQ(table_.pages(), IndexTable::kFirstPages);
  EXPECT_GT(inserted, IndexTable::kFirstPages * 512 * 9 / 10);
  EXPECT_EQ(table_.EnsureRoom(tag, inserted), IndexTable::Vacancy::kDoesNotFit);
}

// What is in the table all the time is found all the time, while others come and go.
TEST_F(IndexTableTest, ReadersMissNothingThatStays) {
  constexpr Location kStay = IndexReaders::kStay;
  const auto tag_of = IndexReaders::TagOf;
  for (Location l = 1; l <= kStay; ++l) {
    ASSERT_EQ(table_.EnsureRoom(tag_of(l), l - 1), IndexTable::Vacancy::kRoom);
    table_.Insert(tag_of(l), l);
  }
  IndexReaders readers(&table_);
  std::mt19937 random(3);
  std::vector<Location> others;
  for (Location l = 1000; l < 60'000; ++l) {
    if (others.size() < (l < 30'000 ? 5000U : 12'000U)) {
      if (table_.EnsureRoom(tag_of(l), kStay + others.size()) != IndexTable::Vacancy::kRoom) {
        continue;
      }
      table_.Insert(tag_of(l), l);
      others.push_back(l);
    } else {
      const size_t i = random() % others.size();
      table_.Erase(table_.FindLocation(tag_of(others[i]), others[i]));
      others[i] = others.back();
      others.pop_back();
    }
  }
  EXPECT_EQ(readers.Stop(), 0);
}

TEST(GhostTest, RemembersTheLatest) {
  Ghost ghost(1 << 12);  // 2048 fingerprints
  const auto hash = [](uint64_t i) { return (i + 1) * 0x9E3779B97F4A7C15ULL; };
  for (uint64_t i = 0; i < 100'000; ++i) ghost.Insert(hash(i));
  int recent = 0, old = 0;
  for (uint64_t i = 99'000; i < 100'000; ++i) recent += ghost.Take(hash(i)) ? 1 : 0;
  for (uint64_t i = 0; i < 1000; ++i) old += ghost.Take(hash(i)) ? 1 : 0;
  EXPECT_GT(recent, 850);
  EXPECT_LT(old, 20);
  EXPECT_FALSE(ghost.Take(hash(99'999))) << "taken before";
}

TEST(GeometryTest, EverythingIsWithinTheLimit) {
  for (const uint64_t mb : {1, 2, 3, 10, 16, 64, 100, 256, 1024, 20'000, 1'000'000}) {
    const Geometry g = Geometry::For(mb << 20, 64, 256);
    EXPECT_LE(g.segments * g.segment + g.GhostFor(0) + g.segments * 64 + g.partitions * 256,
              g.memory);
    EXPECT_GE(g.segments * g.segment, g.memory * 97 / 100) << mb;
    EXPECT_GE(g.segments, 32U);
    EXPECT_GE(g.partitions, 2U);
    EXPECT_LE(g.segments * g.segment / g.unit, UINT32_MAX);
    EXPECT_LE(g.max_whole_entry, UINT16_MAX);
    EXPECT_GE(g.max_memory, 2 * g.memory);
    EXPECT_LE((g.max_memory - 1) / g.unit, UINT32_MAX);
    for (uint64_t limit = g.memory / 2; limit <= g.max_memory; limit += g.memory / 2) {
      const uint64_t segments = g.SegmentsFor(limit, g.segments);
      EXPECT_LE(segments * g.segment + g.GhostFor(limit) + g.MetadataFor(limit, g.segments), limit);
      EXPECT_GE(segments * g.segment, limit * 93 / 100) << mb << ' ' << limit;
    }
  }
}

}  // namespace
}  // namespace overtake
