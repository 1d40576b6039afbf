#include "server/request_log.h"

#include <gtest/gtest.h>

#include <string>

namespace overtake {
namespace {

TEST(RequestLog, ShowsBytesOnOneLine) {
  EXPECT_EQ(Shown("get k"), "get k");
  EXPECT_EQ(Shown(std::string("get \0\n\x1b[31m\xff\\n", 14)),
            "get \\x00\\x0a\\x1b[31m\\xff\\x5cn");
  EXPECT_EQ(Shown(""), "");
}

TEST(RequestLog, ShowsNoMoreThanSome) {
  const std::string shown = Shown(std::string(3000, '\n'));
  EXPECT_TRUE(shown.ends_with("\\x0a... (3000 bytes)")) << shown;
  EXPECT_LT(shown.size(), 4 * kMaxShownBytes + 40);
  EXPECT_EQ(Shown(std::string(kMaxShownBytes, 'x')), std::string(kMaxShownBytes, 'x'));
}

}  // namespace
}  // namespace overtake
