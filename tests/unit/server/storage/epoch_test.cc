#include "server/storage/epoch.h"

#include <gtest/gtest.h>

namespace overtake {
namespace {

TEST(EpochsTest, PassWhenReadersLeft) {
  uint64_t ticket = Epochs::Retire();
  EXPECT_TRUE(Epochs::Passed(ticket));
  Epochs::Enter();
  EXPECT_TRUE(Epochs::Passed(ticket)) << "it entered later";
  ticket = Epochs::Retire();
  Epochs::Enter();
  EXPECT_FALSE(Epochs::Passed(ticket));
  Epochs::Leave();
  EXPECT_FALSE(Epochs::Passed(ticket));
  Epochs::Leave();
  EXPECT_TRUE(Epochs::Passed(ticket));
}

}  // namespace
}  // namespace overtake
