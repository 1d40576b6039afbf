#include "server/commands/command_table.h"

#include <gtest/gtest.h>

#include <string>

namespace overtake {
namespace {

TEST(CommandTableTest, FindsEachCommandByItsName) {
  size_t found = 0;
  for (size_t i = 0; i < kCommands; ++i) {
    const CommandSyntax& row = kCommandTable[static_cast<Command>(i)];
    EXPECT_EQ(row.command, static_cast<Command>(i));
    if (row.parse == nullptr) continue;
    EXPECT_EQ(kCommandTable.Find(row.name), &row) << row.name;
    ++found;
  }
  EXPECT_EQ(found, kCommands - 2);  // all but those that the parser makes
}

TEST(CommandTableTest, KnowsACommandByOtherNamesToo) {
  const CommandSyntax* const bget = kCommandTable.Find("bget");
  ASSERT_NE(bget, nullptr);
  EXPECT_EQ(bget->command, Command::kGet);
  EXPECT_EQ(kCommandTable[Command::kGet].name, "get");
}

TEST(CommandTableTest, FindsNothingElse) {
  EXPECT_EQ(kCommandTable.Find("error"), nullptr);
  for (size_t i = 0; i < kCommands; ++i) {
    const std::string name(kCommandTable[static_cast<Command>(i)].name);
    EXPECT_EQ(kCommandTable.Find(name + "x"), nullptr);
    EXPECT_EQ(kCommandTable.Find("x" + name), nullptr);
    EXPECT_EQ(kCommandTable.Find(name.substr(0, 1)), nullptr);
  }
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(kCommandTable.Find(std::string(3, static_cast<char>(byte))), nullptr);
  }
}

}  // namespace
}  // namespace overtake
