#include "protocol/number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace overtake {
namespace {

template <typename Number>
void ExpectRefused(bool (*parse)(std::string_view, Number*),
                   const std::vector<std::string_view>& words) {
  for (const std::string_view word : words) {
    Number value = 77;
    EXPECT_FALSE(parse(word, &value)) << word;
    EXPECT_EQ(value, 77U) << word;
  }
}

// What no reader but the lenient ones takes for a number.
const std::vector<std::string_view> kNoNumbers = {"",
                                                  "-",
                                                  "+",
                                                  "+5",
                                                  "++5",
                                                  "--5",
                                                  "5-",
                                                  "x",
                                                  "5x",
                                                  "0x10",
                                                  "1.5",
                                                  "1e3",
                                                  " 5",
                                                  "5 ",
                                                  "\t5",
                                                  "5\t",
                                                  "5\r",
                                                  std::string_view("5\0", 2),
                                                  std::string_view("\0", 1),
                                                  "5,",
                                                  "\xb2"};

TEST(Number, Int32IsDigitsAndAMinus) {
  int32_t value = 77;
  EXPECT_TRUE(ParseInt32("-0", &value));
  EXPECT_EQ(value, 0);
  EXPECT_TRUE(ParseInt32("00000000005", &value));
  EXPECT_EQ(value, 5);
  EXPECT_TRUE(ParseInt32("2147483647", &value));
  EXPECT_EQ(value, INT32_MAX);
  EXPECT_TRUE(ParseInt32("-2147483648", &value));
  EXPECT_EQ(value, INT32_MIN);
  ExpectRefused(ParseInt32, kNoNumbers);
  ExpectRefused(ParseInt32,
                {"2147483648", "-2147483649", "4294967299", "99999999999", "000000000005"});
}

TEST(Number, UnsignedNumbersAreDigits) {
  uint32_t word = 77;
  EXPECT_TRUE(ParseUint32("04294967295", &word));
  EXPECT_EQ(word, UINT32_MAX);
  ExpectRefused(ParseUint32, kNoNumbers);
  ExpectRefused(ParseUint32, {"-0", "-1", "4294967296", "99999999999", "000000000005"});
  uint64_t value = 77;
  EXPECT_TRUE(ParseUint64("0018446744073709551615", &value));
  EXPECT_EQ(value, UINT64_MAX);
  ExpectRefused(ParseUint64, kNoNumbers);
  ExpectRefused(ParseUint64, {"-0", "-1", "18446744073709551616", "99999999999999999999",
                              "00000000000000000000005"});
}

// A set's flags.
TEST(Number, LenientUint32IsTruncated) {
  uint32_t value = 77;
  for (const auto& [word, number] :
       {std::pair<std::string_view, uint32_t>{"-18446744073709551615", 1},
        {"+5", 5},
        {"4294967299", 3},
        {"\t12\tjunk", 12},
        {std::string_view("12\0junk", 7), 12}}) {
    EXPECT_TRUE(ParseLenientUint32(word, &value)) << word;
    EXPECT_EQ(value, number) << word;
  }
  ExpectRefused(ParseLenientUint32,
                {"", "-", "+", "x", "5x", "0x10", "1.5", std::string_view("\0005", 2)});
}

TEST(Number, LenientInt64IsStrtolls) {
  int64_t value = 77;
  EXPECT_TRUE(ParseLenientInt64("4294967299", &value));
  EXPECT_EQ(value, 4294967299);
  EXPECT_TRUE(ParseLenientInt64("9223372036854775807", &value));
  EXPECT_EQ(value, INT64_MAX);
  EXPECT_TRUE(ParseLenientInt64("-9223372036854775808", &value));
  EXPECT_EQ(value, INT64_MIN);
  for (const char* bad : {"9223372036854775808", "-9223372036854775809", "1x"}) {
    value = 77;
    EXPECT_FALSE(ParseLenientInt64(bad, &value)) << bad;
    EXPECT_EQ(value, 77) << bad;
  }
}

TEST(Number, LenientUint64IsStrtoulls) {
  uint64_t value = 77;
  EXPECT_TRUE(ParseLenientUint64("18446744073709551615", &value));
  EXPECT_EQ(value, UINT64_MAX);
  EXPECT_TRUE(ParseLenientUint64("-0", &value));
  EXPECT_EQ(value, 0U);
  EXPECT_TRUE(ParseLenientUint64("-18446744073709551615", &value));
  EXPECT_EQ(value, 1U);
  EXPECT_TRUE(ParseLenientUint64("0000000000000000000000000000000000007", &value));
  EXPECT_EQ(value, 7U);
  for (const char* bad : {"", "-1", "18446744073709551616", "99999999999999999999", "7a"}) {
    value = 77;
    EXPECT_FALSE(ParseLenientUint64(bad, &value)) << bad;
    EXPECT_EQ(value, 77U) << bad;
  }
}

}  // namespace
}  // namespace overtake
