// What the reclaimer does next: each rule of docs/store.md, "Eviction and cleaning", and its
// borders.
#include "server/storage/reclaimer_choice.h"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <vector>

namespace overtake {

static void PrintTo(const Choice& choice, std::ostream* out) {
  constexpr const char* kNames[] = {"evict", "clean", "sweep"};
  *out << kNames[static_cast<size_t>(choice.work)] << ' ' << choice.segment;
}

namespace {

constexpr uint64_t kBytes = 10'000;  // of a segment
constexpr std::optional<Choice> kNothing = std::nullopt;

std::optional<Choice> Evict(size_t segment) { return Choice{Work::kEvict, segment}; }
std::optional<Choice> Clean(size_t segment) { return Choice{Work::kClean, segment}; }
std::optional<Choice> Sweep(size_t segment) { return Choice{Work::kSweep, segment}; }

// Eight segments of the small part, numbers 0 to 7, and 24 of the main one, all sealed, full and
// live; the lower the number, the older. The small part has more than its tenth. Some segments are
// free, but too few.
class ReclaimerChoiceTest : public ::testing::Test {
 protected:
  static constexpr size_t kSmall = 8;
  static constexpr size_t kMain = 24;
  static constexpr size_t kAll = kSmall + kMain;

  ReclaimerChoiceTest() {
    for (size_t i = 0; i < kAll; ++i) {
      segments_.push_back({.settled = true,
                           .part = i < kSmall ? Part::kSmall : Part::kMain,
                           .sequence = i + 1,
                           .used = kBytes,
                           .live = kBytes});
    }
    log_ = {.segment_bytes = kBytes,
            .segments = kAll,
            .usable = kAll + 3,
            .free = 3,
            .reserved = 2,
            .small = kSmall,
            .main = kMain,
            .newest = kAll,
            .evict = true,
            .urgent = true};
  }

  std::optional<Choice> Choose() {
    looked_at_ = 0;
    return ChooseWork(log_, [this](size_t number) {
      ++looked_at_;
      return segments_[number];
    });
  }
  // Much of the log is dead, in segments that replies keep from being cleaned.
  void MakeMuchDead() {
    for (const size_t i : {kAll - 2, kAll - 1}) {
      segments_[i].live = 1'000;
      segments_[i].pinned = true;
    }
  }

  LogFacts log_;
  std::vector<SegmentFacts> segments_;
  size_t looked_at_ = 0;
};

// 1. Free for the taking.

TEST_F(ReclaimerChoiceTest, ASegmentOfWhichNothingLivesIsTakenAtOnce) {
  log_.urgent = false;
  EXPECT_EQ(Choose(), kNothing);
  segments_[5].expired = kBytes;
  segments_[20].live = 0;
  EXPECT_EQ(Choose(), Clean(20));
  EXPECT_EQ(looked_at_, 21U) << "the others may be anything";
  segments_[11].live = 0;
  EXPECT_EQ(Choose(), Clean(11)) << "the first in the table";
  segments_[11].pinned = true;
  EXPECT_EQ(Choose(), Clean(11)) << "it waits for the reply elsewhere";
  segments_[11].settled = false;
  EXPECT_EQ(Choose(), Clean(20)) << "a writer is about to make something live";
}

TEST_F(ReclaimerChoiceTest, ASegmentFromBeforeAFlushIsCleanedAtOnce) {
  log_.urgent = false;
  segments_[20].before_flush = true;
  EXPECT_EQ(Choose(), Clean(20)) << "however much of it is counted as live";
  segments_[20].pinned = true;
  EXPECT_EQ(Choose(), kNothing);
}

// 2. Sweeping.

TEST_F(ReclaimerChoiceTest, MoreThanSixPercentOfWhatWasWrittenHasExpired) {
  log_.urgent = false;
  segments_[20].expired = 600;
  EXPECT_EQ(Choose(), kNothing);
  segments_[20].expired = 601;
  EXPECT_EQ(Choose(), Sweep(20));
  segments_[20].pinned = true;
  EXPECT_EQ(Choose(), Sweep(20)) << "it stays where it is";
  segments_[20].settled = false;
  EXPECT_EQ(Choose(), kNothing);
  segments_[9] = {.settled = true, .used = 5'000, .live = 5'000, .expired = 301};
  EXPECT_EQ(Choose(), Sweep(9));
}

TEST_F(ReclaimerChoiceTest, TheMostExpiredIsSweptFirstAndBeforeAllElse) {
  MakeMuchDead();
  segments_[3].live = 100;
  segments_[10].expired = 2'000;
  segments_[20].expired = 3'000;
  segments_[30].expired = 3'000;
  EXPECT_EQ(Choose(), Sweep(20));
}

// 3. Cleaning.

TEST_F(ReclaimerChoiceTest, FourPercentOfTheLogMayBeDead) {
  log_.urgent = false;
  segments_[20].live -= 8'000;
  segments_[21].live -= 4'800;
  EXPECT_EQ(Choose(), kNothing) << "4 % of 32 segments";
  segments_[21].live -= 1;
  EXPECT_EQ(Choose(), Clean(20));
  segments_[0].settled = false;
  segments_[21].live += 1;
  EXPECT_EQ(Choose(), Clean(20)) << "of those that are settled";
}

TEST_F(ReclaimerChoiceTest, WhileMoreThanHalfIsFreeAQuarterMayBeDead) {
  log_.urgent = false;
  log_.usable = 100;
  log_.free = 51;
  for (size_t i = 10; i < 18; ++i) segments_[i].live = 1;
  segments_[18].live -= 8;
  EXPECT_EQ(Choose(), kNothing) << "25 % of 32 segments";
  log_.free = 50;
  EXPECT_EQ(Choose(), Clean(10));
  log_.free = 51;
  segments_[18].live -= 1;
  EXPECT_EQ(Choose(), Clean(10));
}

TEST_F(ReclaimerChoiceTest, UnwrittenEndsCountAsDead) {
  log_.urgent = false;
  segments_[20].used = segments_[20].live = 2'000;
  segments_[21].live -= 4'800;
  EXPECT_EQ(Choose(), kNothing);
  segments_[21].live -= 1;
  EXPECT_EQ(Choose(), Clean(21)) << "of what was written in the other all lives";
}

TEST_F(ReclaimerChoiceTest, WhatIsMoreThan92PercentLiveIsNotCleaned) {
  log_.urgent = false;
  MakeMuchDead();
  EXPECT_EQ(Choose(), kNothing) << "pinned ones would not be free";
  segments_[20].live = 9'201;
  EXPECT_EQ(Choose(), kNothing);
  segments_[20].live = 9'200;
  EXPECT_EQ(Choose(), Clean(20));
  log_.urgent = true;
  EXPECT_EQ(Choose(), Clean(20)) << "before anything is evicted";
}

TEST_F(ReclaimerChoiceTest, TheBestRatioOfBenefitToCostIsCleaned) {
  MakeMuchDead();
  segments_[15].live = 5'000;
  segments_[25].live = 5'000;
  EXPECT_EQ(Choose(), Clean(15)) << "the older of two";
  segments_[25].live = 4'000;
  EXPECT_EQ(Choose(), Clean(15)) << "0.5 * 17 / 1.5 to 0.6 * 7 / 1.4";
  segments_[16].live = 4'900;
  EXPECT_EQ(Choose(), Clean(15)) << "0.5 * 17 / 1.5 to 0.51 * 16 / 1.49";
  segments_[16].live = 4'000;
  EXPECT_EQ(Choose(), Clean(16)) << "0.5 * 17 / 1.5 to 0.6 * 16 / 1.4";
}

TEST_F(ReclaimerChoiceTest, WithoutEvictionLittleThatIsDeadIsCleanedAtNeed) {
  log_.evict = false;
  segments_[20].live = 9'200;
  segments_[21].live = 9'100;
  log_.free = 0;
  EXPECT_EQ(Choose(), Clean(21));
  log_.urgent = false;
  EXPECT_EQ(Choose(), kNothing);
}

TEST_F(ReclaimerChoiceTest, WithoutEvictionTheLeastLiveIsCleanedUpTo98Percent) {
  log_.evict = false;
  EXPECT_EQ(Choose(), kNothing);
  segments_[9].live = 9'801;
  EXPECT_EQ(Choose(), kNothing);
  segments_[9].live = 9'800;
  EXPECT_EQ(Choose(), Clean(9));
  segments_[20].live = 9'700;
  segments_[21].live = 9'700;
  EXPECT_EQ(Choose(), Clean(20));
  segments_[20].pinned = true;
  EXPECT_EQ(Choose(), Clean(21));
  segments_[25].used = 5'000;
  segments_[25].live = 4'901;
  EXPECT_EQ(Choose(), Clean(21)) << "98 % of what was written";
  log_.free = 2;
  EXPECT_EQ(Choose(), Clean(21));
  log_.free = 1;
  EXPECT_EQ(Choose(), kNothing) << "it may take a segment before it gives one";
  log_.free = 2;
  log_.urgent = false;
  EXPECT_EQ(Choose(), kNothing);
}

// 4. Eviction.

TEST_F(ReclaimerChoiceTest, NothingIsEvictedWithoutNeed) {
  EXPECT_EQ(Choose(), Evict(0));
  log_.urgent = false;
  EXPECT_EQ(Choose(), kNothing);
}

TEST_F(ReclaimerChoiceTest, TheSmallPartKeepsATenth) {
  log_.main = 9 * kSmall;
  EXPECT_EQ(Choose(), Evict(kSmall)) << "a tenth";
  log_.main = 9 * kSmall - 1;
  EXPECT_EQ(Choose(), Evict(0)) << "more";
}

TEST_F(ReclaimerChoiceTest, TheSmallPartsLatestTwoStay) {
  for (size_t i = 0; i < kSmall - 3; ++i) segments_[i].settled = false;
  EXPECT_EQ(Choose(), Evict(kSmall - 3));
  segments_[kSmall - 2].pinned = true;
  EXPECT_EQ(Choose(), Evict(kSmall)) << "pinned ones are not among them";
  segments_[kSmall - 2].pinned = false;
  segments_[kSmall - 3].settled = false;
  EXPECT_EQ(Choose(), Evict(kSmall));
}

TEST_F(ReclaimerChoiceTest, TheOldestIsEvicted) {
  segments_[6].sequence = 0;
  EXPECT_EQ(Choose(), Evict(6));
  segments_[6].pinned = true;
  EXPECT_EQ(Choose(), Evict(0)) << "it would not be free for a while";
  log_.main = 100;
  segments_[30].sequence = 1;
  EXPECT_EQ(Choose(), Evict(30));
}

TEST_F(ReclaimerChoiceTest, WhereThePartThatShouldGiveHasNothingTheOtherDoes) {
  for (size_t i = kSmall; i < kAll; ++i) segments_[i].settled = false;
  log_.main = 100;
  EXPECT_EQ(Choose(), Evict(0));
  for (SegmentFacts& segment : segments_) segment.settled = false;
  EXPECT_EQ(Choose(), kNothing);
}

}  // namespace
}  // namespace overtake
