#include "protocol/number.h"

#include <gtest/gtest.h>

namespace overtake {
namespace {

TEST(Number, Int32IsTruncated) {
  int32_t value = 77;
  EXPECT_TRUE(ParseInt32Truncated("-1", &value));
  EXPECT_EQ(value, -1);
  EXPECT_TRUE(ParseInt32Truncated("+5", &value));
  EXPECT_EQ(value, 5);
  EXPECT_TRUE(ParseInt32Truncated("4294967299", &value));
  EXPECT_EQ(value, 3);
  EXPECT_TRUE(ParseInt32Truncated("-9223372036854775808", &value));
  EXPECT_EQ(value, 0);
  EXPECT_TRUE(ParseInt32Truncated("\t12\tjunk", &value));
  EXPECT_EQ(value, 12);
  for (const char* bad : {"", "-", "+", "x", "5x", "0x10", "1.5", "9223372036854775808"}) {
    value = 77;
    EXPECT_FALSE(ParseInt32Truncated(bad, &value)) << bad;
    EXPECT_EQ(value, 77) << bad;
  }
}

TEST(Number, Int64IsStrtolls) {
  int64_t value = 77;
  EXPECT_TRUE(ParseInt64("4294967299", &value));
  EXPECT_EQ(value, 4294967299);
  EXPECT_TRUE(ParseInt64("9223372036854775807", &value));
  EXPECT_EQ(value, INT64_MAX);
  EXPECT_TRUE(ParseInt64("-9223372036854775808", &value));
  EXPECT_EQ(value, INT64_MIN);
  for (const char* bad : {"9223372036854775808", "-9223372036854775809", "1x"}) {
    value = 77;
    EXPECT_FALSE(ParseInt64(bad, &value)) << bad;
    EXPECT_EQ(value, 77) << bad;
  }
}

TEST(Number, Uint64IsStrtoulls) {
  uint64_t value = 77;
  EXPECT_TRUE(ParseUint64("18446744073709551615", &value));
  EXPECT_EQ(value, UINT64_MAX);
  EXPECT_TRUE(ParseUint64("-0", &value));
  EXPECT_EQ(value, 0U);
  EXPECT_TRUE(ParseUint64("-18446744073709551615", &value));
  EXPECT_EQ(value, 1U);
  EXPECT_TRUE(ParseUint64("0000000000000000000000000000000000007", &value));
  EXPECT_EQ(value, 7U);
  for (const char* bad : {"", "-1", "18446744073709551616", "99999999999999999999", "7a"}) {
    value = 77;
    EXPECT_FALSE(ParseUint64(bad, &value)) << bad;
    EXPECT_EQ(value, 77U) << bad;
  }
}

}  // namespace
}  // namespace overtake
