// What commands decide on an item, without a store.

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/commands/arithmetic_command.h"
#include "server/commands/command_table.h"
#include "server/commands/delete_command.h"
#include "server/commands/look_up_command.h"
#include "server/commands/set_command.h"

namespace overtake {
namespace {

using Kind = Change::Kind;

constexpr Seconds kNow = 100;

class ItemOf final : public ItemView {
 public:
  explicit ItemOf(std::string_view value) : piece_(value) {
    key = "k";
    flags = 7;
    expires = 150;
    last_access = 90;
    cas = 5;
    value_bytes = value.size();
    pieces = absl::MakeConstSpan(&piece_, 1);
  }
  Pin PinPiece(size_t /*piece*/) const override { return {}; }

 private:
  std::string_view piece_;
};

std::string ValueOf(const Change& change) {
  std::string value;
  for (const std::string_view piece : change.value) value += piece;
  return value;
}

// A storage command's result, and whether it is to store something.
struct Set {
  Set(const SetCommand& command, const ItemView* item) { change = Decide(command, item, &result); }
  bool stores() const {
    EXPECT_EQ(change.kind == Kind::kStore, result == CommandResult::kDone);
    return change.kind == Kind::kStore;
  }
  CommandResult result;
  Change change;
};

TEST(SetDecisionTest, EachModeWantsAnItemOrNone) {
  const ItemOf item("old");
  struct Case {
    Command mode;
    CommandResult with_item;
    CommandResult without;
  };
  for (const Case& c : {Case{Command::kSet, CommandResult::kDone, CommandResult::kDone},
                        Case{Command::kAdd, CommandResult::kNotStored, CommandResult::kDone},
                        Case{Command::kReplace, CommandResult::kDone, CommandResult::kNotStored},
                        Case{Command::kAppend, CommandResult::kDone, CommandResult::kNotStored},
                        Case{Command::kPrepend, CommandResult::kDone, CommandResult::kNotStored},
                        Case{Command::kCas, CommandResult::kDone, CommandResult::kNotFound}}) {
    const SetCommand command = {.mode = c.mode, .value = "new", .flags = 1, .cas = 5};
    const Set there(command, &item);
    EXPECT_EQ(there.result, c.with_item) << RowOf(c.mode).name;
    EXPECT_EQ(there.stores(), c.with_item == CommandResult::kDone);
    EXPECT_EQ(there.change.used, c.mode == Command::kAdd) << "an interest in the item";
    const Set absent(command, nullptr);
    EXPECT_EQ(absent.result, c.without) << RowOf(c.mode).name;
    EXPECT_EQ(absent.stores(), c.without == CommandResult::kDone);
  }
}

TEST(SetDecisionTest, AppendKeepsWhatTheItemHas) {
  const ItemOf item("old");
  SetCommand command = {.mode = Command::kAppend, .value = "new", .flags = 1, .expires = 120};
  const Set appended(command, &item);
  EXPECT_EQ(ValueOf(appended.change), "oldnew");
  EXPECT_EQ(appended.change.flags, 7U);
  EXPECT_EQ(appended.change.expires, 150U);
  command.mode = Command::kPrepend;
  EXPECT_EQ(ValueOf(Set(command, &item).change), "newold");
  command.cas = 6;
  EXPECT_EQ(Set(command, &item).result, CommandResult::kExists);
  command.cas = 5;
  EXPECT_TRUE(Set(command, &item).stores());
  command.max_item_bytes = 70;  // it would have 48 + 8 + "k" and NUL + flags + 6 bytes + "\r\n"
  EXPECT_TRUE(Set(command, &item).stores());
  command.max_item_bytes = 69;
  EXPECT_EQ(Set(command, &item).result, CommandResult::kNotStored);
}

TEST(SetDecisionTest, AnOlderUniqueMayBeStoredAsStale) {
  ItemOf item("old");
  item.win_given = true;
  SetCommand command = {.mode = Command::kCas, .value = "new", .expires = 120};
  for (const uint64_t cas : {0, 4, 6}) {
    command.cas = cas;
    EXPECT_EQ(Set(command, &item).result, CommandResult::kExists) << cas;
  }
  command.keeps_late = true;
  for (const uint64_t cas : {0, 6}) {
    command.cas = cas;
    EXPECT_EQ(Set(command, &item).result, CommandResult::kExists) << cas;
  }
  command.cas = 4;
  command.new_cas = 77;
  const Set late(command, &item);
  ASSERT_TRUE(late.stores());
  EXPECT_TRUE(late.change.stale && late.change.win_given);
  EXPECT_EQ(late.change.expires, 150U);
  EXPECT_EQ(late.change.cas, 77U);
  command.cas = 5;
  const Set in_time(command, &item);
  ASSERT_TRUE(in_time.stores());
  EXPECT_FALSE(in_time.change.stale || in_time.change.win_given);
  EXPECT_EQ(in_time.change.expires, 120U);
}

TEST(SetDecisionTest, ModesOfMetaSet) {
  Request request;
  request.command = Command::kMetaSet;
  const auto mode = [&request](char letter) {
    request.meta.mode = letter;
    return RowOf(ModeOf(request)).name;
  };
  EXPECT_EQ(mode('\0'), "set");
  EXPECT_EQ(mode('S'), "set");
  EXPECT_EQ(mode('E'), "add");
  EXPECT_EQ(mode('R'), "replace");
  EXPECT_EQ(mode('A'), "append");
  EXPECT_EQ(mode('P'), "prepend");
  request.meta.Set('C');
  EXPECT_EQ(mode('\0'), "cas");
  EXPECT_EQ(mode('S'), "cas");
  EXPECT_EQ(mode('R'), "cas");
  EXPECT_EQ(mode('E'), "add");
  EXPECT_EQ(mode('A'), "append");
  EXPECT_EQ(mode('P'), "prepend");
}

TEST(DeleteDecisionTest, DeletesMarksOrEmpties) {
  ItemOf item("value");
  item.fetched = true;
  CommandResult result;
  EXPECT_EQ(Decide(DeleteCommand{}, &item, &result).kind, Kind::kDelete);
  EXPECT_EQ(result, CommandResult::kDone);
  Decide(DeleteCommand{}, nullptr, &result);
  EXPECT_EQ(result, CommandResult::kNotFound);
  EXPECT_EQ(Decide(DeleteCommand{.cas = 6}, &item, &result).kind, Kind::kLeave);
  EXPECT_EQ(result, CommandResult::kExists);

  const Change marked = Decide(DeleteCommand{.cas = 5, .marks_stale = true}, &item, &result);
  EXPECT_EQ(result, CommandResult::kDone);
  EXPECT_EQ(ValueOf(marked), "value");
  EXPECT_TRUE(marked.stale && marked.fetched && !marked.win_given);
  EXPECT_EQ(marked.expires, 150U);
  EXPECT_EQ(marked.cas, std::nullopt) << "a new version";

  const Change emptied = Decide(DeleteCommand{.empties = true, .flags = 3}, &item, &result);
  EXPECT_EQ(ValueOf(emptied), "");
  EXPECT_EQ(emptied.flags, 3U);
  EXPECT_EQ(emptied.expires, 0U);
  EXPECT_EQ(emptied.cas, 5U) << "the same version";
  EXPECT_FALSE(emptied.stale);
}

TEST(ArithmeticDecisionTest, AddsPadsAndWraps) {
  const auto add = [](std::string_view value, const ArithmeticCommand& command) {
    ItemOf item(value);
    item.stale = true;
    ArithmeticResult result;
    const Change change = Decide(command, &item, &result);
    if (result.result != CommandResult::kDone) return std::string("no");
    EXPECT_EQ(change.flags, 7U);
    EXPECT_EQ(change.expires, 150U);
    EXPECT_EQ(change.stale, ValueOf(change).size() == value.size()) << "a longer one is new";
    return ValueOf(change);
  };
  EXPECT_EQ(add("9", {}), "10");
  EXPECT_EQ(add("10", {.negative = true}), "9 ");
  EXPECT_EQ(add("3", {.delta = 5, .negative = true}), "0");
  EXPECT_EQ(add("18446744073709551615", {.delta = 2}), "1" + std::string(19, ' '));
  EXPECT_EQ(add("5x", {}), "no");
  EXPECT_EQ(add("", {}), "no");
  EXPECT_EQ(add("1", {.cas = 5}), "2");
  EXPECT_EQ(add("1", {.cas = 6}), "no");
}

TEST(ArithmeticDecisionTest, MakesItsItemIfItMay) {
  ArithmeticResult result;
  EXPECT_EQ(Decide(ArithmeticCommand{}, nullptr, &result).kind, Kind::kLeave);
  EXPECT_EQ(result.result, CommandResult::kNotFound);
  EXPECT_FALSE(result.created);
  const Change change = Decide({.initial = 12, .initial_expires = 130}, nullptr, &result);
  EXPECT_EQ(result.result, CommandResult::kDone);
  EXPECT_TRUE(result.created);
  EXPECT_EQ(ValueOf(change), "12");
  EXPECT_EQ(change.expires, 130U);
}

TEST(LookUpDecisionTest, OnlyOneWins) {
  ItemOf item("value");
  ItemBefore before;
  const auto won = [&](const LookUpCommand& command) {
    const Change change = Decide(command, &item, kNow, &before);
    EXPECT_EQ(change.kind, Kind::kAlter);
    EXPECT_EQ(change.win_given, item.win_given || before.won);
    return before.won;
  };
  const LookUpCommand recache = {.may_win = true, .recache = 160};
  EXPECT_FALSE(won({.may_win = true}));
  EXPECT_TRUE(won(recache));
  EXPECT_FALSE(won({.may_win = true, .recache = 150}));
  EXPECT_TRUE(won({.expires = 200, .may_win = true, .recache = 160})) << "R before T";
  EXPECT_FALSE(won({.expires = 200, .may_win = true, .recache = 160, .recache_sees_new = true}));
  EXPECT_FALSE(won({.expires = 0, .may_win = true, .recache = 160, .recache_sees_new = true}));
  item.stale = true;
  EXPECT_TRUE(won({.may_win = true}));
  EXPECT_FALSE(won({})) << "a gat is not told apart";
  item.win_given = true;
  EXPECT_FALSE(won({.may_win = true}));
  EXPECT_FALSE(won(recache));
}

TEST(LookUpDecisionTest, TouchesAndVivifies) {
  const ItemOf item("value");
  ItemBefore before;
  const Change touched = Decide({.expires = 300}, &item, kNow, &before);
  EXPECT_EQ(touched.expires, 300U);
  EXPECT_TRUE(touched.used);
  EXPECT_EQ(before.expires, 150U);
  EXPECT_EQ(before.last_access, 90U);
  EXPECT_FALSE(before.created);
  EXPECT_FALSE(Decide({.is_access = false}, &item, kNow, &before).used);

  EXPECT_EQ(Decide({.expires = 300}, nullptr, kNow, &before).kind, Kind::kLeave);
  const Change made = Decide({.may_win = true, .vivify = 130}, nullptr, kNow, &before);
  EXPECT_EQ(made.kind, Kind::kStore);
  EXPECT_EQ(made.expires, 130U);
  EXPECT_TRUE(made.win_given && made.fetched && before.created && before.won);
  EXPECT_EQ(before.last_access, kNow);
}

}  // namespace
}  // namespace overtake
