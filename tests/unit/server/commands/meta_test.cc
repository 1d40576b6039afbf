// Meta commands from bytes to bytes, on each store.
#include <gtest/gtest.h>

#include <string>

#include "server/commands/command_table.h"
#include "server/slab_class.h"
#include "tests/unit/server/service_fixture.h"

namespace overtake {
namespace {

class MetaTest : public ServiceTest {};

TEST_P(MetaTest, TimeIsTold) {
  EXPECT_EQ(Ask("ms k 1 T100\r\na\r\ndebugtime 30\r\nmg k t l h u\r\n"),
            "HD\r\nOK\r\nHD t70 l30 h0\r\n");
  EXPECT_EQ(Ask("mg k\r\ndebugtime 5\r\nmg k t l h\r\nmg k l h\r\n"),
            "HD\r\nOK\r\nHD t65 l5 h1\r\nHD l0 h1\r\n");
  EXPECT_EQ(Ask("debugtime 64\r\nmg k t\r\ndebugtime 1\r\nmg k t\r\n"),
            "OK\r\nHD t1\r\nOK\r\nEN\r\n");
}

TEST_P(MetaTest, TouchMovesTheEnd) {
  EXPECT_EQ(Ask("ms k 1 T10\r\na\r\nmg k T100\r\ndebugtime 50\r\nmg k v t\r\n"),
            "HD\r\nHD\r\nOK\r\nVA 1 t50\r\na\r\n");
  EXPECT_EQ(Ask("mg k T0 t\r\ndebugtime 1000000\r\nmg k t\r\n"), "HD t-1\r\nOK\r\nHD t-1\r\n");
}

TEST_P(MetaTest, RecacheIsWonOnceItsTimeHasCome) {
  EXPECT_EQ(Ask("ms k 1 T100\r\na\r\nmg k R30\r\ndebugtime 80\r\nmg k v R30\r\nmg k v R30\r\n"),
            "HD\r\nHD\r\nOK\r\nVA 1 W\r\na\r\nVA 1 Z\r\na\r\n");
}

TEST_P(MetaTest, AStaleItemEndsEarly) {
  EXPECT_EQ(Ask("ms k 1 T100\r\na\r\nmd k I T30\r\ndebugtime 10\r\nmg k v t\r\nmg k\r\n"),
            "HD\r\nHD\r\nOK\r\nVA 1 t20 X W\r\na\r\nHD Z X\r\n");
  EXPECT_EQ(Ask("debugtime 20\r\nmg k N50\r\n"), "OK\r\nHD W\r\n");
}

TEST_P(MetaTest, AVivifiedItemEnds) {
  EXPECT_EQ(Ask("mg k N30\r\nmg k\r\ndebugtime 30\r\nmg k N30\r\nma c N30 J5\r\ndebugtime 29\r\n"
                "ma c v t\r\ndebugtime 1\r\nma c\r\n"),
            "HD W\r\nHD Z\r\nOK\r\nHD W\r\nHD\r\nOK\r\nVA 1 t1\r\n6\r\nOK\r\nNF\r\n");
}

TEST_P(MetaTest, ALargeItemIsNoNumberWhateverItsCas) {
  const std::string value(600'000, 'x');
  EXPECT_EQ(Ask("ms k 600000\r\n" + value + "\r\nma k C1\r\nms k 1\r\nx\r\nma k C1\r\n"),
            "HD\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\nHD\r\nEX\r\n");
}

TEST_P(MetaTest, DebugTellsEverything) {
  EXPECT_EQ(Ask("ms k 3 T100 F1 E5\r\nabc\r\ndebugtime 10\r\nme k\r\nmg k\r\nme k\r\nme n\r\n"),
            "HD\r\nOK\r\nME k exp=90 la=10 cas=5 fetch=no cls=1 size=67\r\nHD\r\n"
            "ME k exp=90 la=0 cas=5 fetch=yes cls=1 size=67\r\nEN\r\n");
}

TEST_P(MetaTest, LargeValuesComeWhole) {
  const std::string value(300'000, 'v');
  EXPECT_EQ(Ask("ms k 300000\r\n" + value + "\r\nmg k s v\r\nmd k I\r\nmg k v\r\nget k\r\n"),
            "HD\r\nVA 300000 s300000\r\n" + value + "\r\nHD\r\nVA 300000 X W\r\n" + value +
                "\r\nVALUE k 0 300000\r\n" + value + "\r\nEND\r\n");
}

TEST_P(MetaTest, AppendedBeyondTheLimitIsNotStored) {
  const std::string value(700'000, 'v');
  EXPECT_EQ(Ask("ms k 700000\r\n" + value + "\r\nms k 700000 MA\r\n" + value + "\r\nmg k s\r\n"),
            "HD\r\nNS\r\nHD s700000\r\n");
}

TEST_P(MetaTest, ExplicitCasIsTheItems) {
  EXPECT_EQ(Ask("ms k 1 E100 c\r\n5\r\nms k 1 C100 E200 c\r\n6\r\nma k C200 E300 c v\r\n"
                "md k C300 I E400\r\nmg k c\r\nmg n N0 E500 c\r\n"),
            "HD c100\r\nHD c200\r\nVA 1 c300\r\n7\r\nHD\r\nHD c400 X W\r\nHD c500 W\r\n");
  // An older value may be stored as stale.
  EXPECT_EQ(Ask("ms k 1 C399\r\n8\r\nms k 1 C399 I\r\n9\r\nmg k v\r\n"),
            "EX\r\nHD\r\nVA 1 Z X\r\n9\r\n");
}

TEST_P(MetaTest, CommandsAreCounted) {
  Ask("ms k 1\r\n5\r\nmg k\r\nmg n\r\nmg k T0\r\nms k 1 C1 E2\r\n5\r\nms n 1 C1\r\n5\r\nma k\r\n"
      "ma k MD\r\nma n\r\nma n MD\r\nme k\r\nme n\r\nmd k C77\r\nmd k I\r\nmd k\r\nmd k\r\n");
  const std::string stats = Ask("stats\r\n");
  for (const char* line :
       {"cmd_get 2", "get_hits 1", "get_misses 1", "cmd_touch 1", "touch_hits 1", "cmd_set 3",
        "cas_misses 1", "incr_hits 1", "decr_hits 1", "incr_misses 1", "decr_misses 1",
        "cmd_meta 2", "delete_hits 1", "delete_misses 2"}) {
    EXPECT_NE(stats.find(std::string("STAT ") + line + "\r\n"), std::string::npos) << line;
  }
}

TEST_P(MetaTest, OnlyLongValuesAreHeavy) {
  const std::string value(900'000, 'v');
  const std::string small = "ms k 1\r\na\r\n";
  const std::string large = "ms k 900000\r\n" + value + "\r\n";
  Ask("");
  for (const auto& [bytes, weight] :
       {std::pair(std::string("mg k v\r\n"), Weight::kLight),
        std::pair(std::string("ma k\r\n"), Weight::kLight), std::pair(small, Weight::kLight),
        std::pair(large, Weight::kHeavy), std::pair(std::string("mn\r\n"), Weight::kTrivial)}) {
    RequestParser parser(&kCommandTable, 1 << 20);
    Request request;
    size_t consumed = 0;
    ASSERT_EQ(parser.Next(bytes, &request, &consumed), RequestParser::Result::kRequest);
    EXPECT_EQ(service_->WeightOf(request), weight) << bytes.substr(0, 20);
  }
}

TEST_P(MetaTest, DebugTimeIsAskedFor) {
  EXPECT_EQ(Ask("debugtime\r\ndebugtime x\r\ndebugtime 5x\r\ndebugtime p\r\ndebugtime r\r\n"),
            "ERROR\r\nERROR\r\nERROR\r\nOK\r\nOK\r\n");
  settings_.debug_commands = false;
  EXPECT_EQ(Ask("debugtime 5\r\ndebugtime p\r\n"), "ERROR\r\nERROR\r\n");
}

INSTANTIATE_TEST_SUITE_P(Stores, MetaTest, ::testing::Values(&MakeStore, &MakeShardedStore));

// As memcached 1.6.18 with its defaults reports them.
TEST(SlabClass, IsMemcacheds) {
  const std::pair<size_t, int> kClasses[] = {{65, 1},      {96, 1},      {97, 2},      {120, 2},
                                             {121, 3},     {165, 4},     {365, 7},     {1065, 12},
                                             {5065, 19},   {100065, 32}, {300065, 37}, {524065, 39},
                                             {524288, 39}, {600065, 39}, {1000065, 39}};
  for (const auto& [bytes, number] : kClasses) EXPECT_EQ(SlabClassOf(bytes), number) << bytes;
}

}  // namespace
}  // namespace overtake
