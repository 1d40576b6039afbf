#include "dispatch/roles/connection_phase.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "dispatch/options.h"
#include "dispatch/roles/connection.h"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

using enum Phase;

constexpr Phase kAllPhases[kPhases] = {kHandshaking, kReading, kAwaitingRoom, kExecuting,
                                       kInPool,      kSending, kWaiting,      kClosing};

std::set<Phase> Following(Phase from) {
  std::set<Phase> following;
  for (Phase to : kAllPhases) {
    if (MayFollow(from, to)) following.insert(to);
  }
  return following;
}

TEST(Phase, HasTheTransitionsOfTheDiagram) {
  const std::map<Phase, std::set<Phase>> diagram = {
      {kHandshaking, {kReading}},  {kReading, {kAwaitingRoom, kExecuting}},
      {kAwaitingRoom, {kReading}}, {kExecuting, {kInPool, kSending}},
      {kInPool, {kSending}},       {kSending, {kReading, kExecuting, kWaiting}},
      {kWaiting, {kExecuting}},    {kClosing, {}},
  };
  for (auto [from, expected] : diagram) {
    if (from != kInPool && from != kClosing) expected.insert(kClosing);
    EXPECT_EQ(Following(from), expected) << "phase " << static_cast<int>(from);
  }
}

TEST(Phase, EachIsReachedAndLeadsToTheEnd) {
  for (Phase start : kAllPhases) {
    std::set<Phase> reached = {start};
    for (std::vector<Phase> next = {start}; !next.empty();) {
      const Phase from = next.back();
      next.pop_back();
      for (Phase to : Following(from)) {
        if (reached.insert(to).second) next.push_back(to);
      }
    }
    EXPECT_TRUE(reached.contains(kClosing)) << "phase " << static_cast<int>(start);
    if (start == kHandshaking) {
      EXPECT_EQ(reached.size(), kPhases);
    }
  }
}

// Connections of no reader.
class ConnectionTest : public ::testing::Test {
 protected:
  const DispatchOptions options_{};
  BlockPool pool_;
  Connection a_{-1, nullptr, nullptr, &pool_, options_, kCommandTable};
  Connection b_{-1, nullptr, nullptr, &pool_, options_, kCommandTable};
  Connection c_{-1, nullptr, nullptr, &pool_, options_, kCommandTable};
};

TEST_F(ConnectionTest, GoesThroughTheWayOfARequest) {
  EXPECT_EQ(a_.phase(), kReading);
  for (Phase phase : {kExecuting, kInPool, kSending, kReading, kAwaitingRoom, kReading, kExecuting,
                      kSending, kWaiting, kExecuting, kSending, kClosing}) {
    a_.SetPhase(phase);
    EXPECT_EQ(a_.phase(), phase);
  }
}

TEST_F(ConnectionTest, MakesNoOtherTransition) {
  EXPECT_DEBUG_DEATH(a_.SetPhase(kInPool), "MayFollow");
}

TEST_F(ConnectionTest, KnowsItsLists) {
  TurnList ready(ListName::kReady);
  TurnList handshakes(ListName::kHandshakeTurns);
  TimedList uploads(ListName::kUploads);
  ready.PushBack(&a_);
  uploads.PushBack(&a_);
  handshakes.PushBack(&b_);
  EXPECT_TRUE(ready.Holds(&a_));
  EXPECT_TRUE(uploads.Holds(&a_));
  EXPECT_FALSE(handshakes.Holds(&a_));
  EXPECT_TRUE(handshakes.Holds(&b_));
  EXPECT_FALSE(ready.Holds(&b_));
  ready.RemoveIfHeld(&b_);
  ready.RemoveIfHeld(&a_);
  EXPECT_TRUE(ready.empty());
  EXPECT_EQ(a_.lists[kLinksOfTurns], ListName::kNone);
  EXPECT_TRUE(uploads.Holds(&a_));
  EXPECT_EQ(handshakes.first(), &b_);
}

TEST_F(ConnectionTest, AListKeepsTheOrderOfArrival) {
  TimedList list(ListName::kUploads);
  const auto all = [&] {
    std::vector<Connection*> found;
    for (Connection* c = list.first(); c != nullptr; c = list.After(c)) found.push_back(c);
    EXPECT_EQ(list.size(), found.size());
    return found;
  };
  for (Connection* c : {&a_, &b_, &c_}) list.PushBack(c);
  EXPECT_EQ(all(), (std::vector<Connection*>{&a_, &b_, &c_}));
  list.Remove(&b_);
  EXPECT_EQ(all(), (std::vector<Connection*>{&a_, &c_}));
  list.PushBack(&b_);
  list.Remove(&a_);
  EXPECT_EQ(all(), (std::vector<Connection*>{&c_, &b_}));
  list.Remove(&b_);
  list.Remove(&c_);
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace overtake
