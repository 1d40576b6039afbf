#include "tests/fuzz/differential/vocabulary.h"

#include <array>
#include <string_view>

#include "absl/strings/escaping.h"

namespace overtake::tests {
namespace {

constexpr size_t kLongestKey = 250;

constexpr std::string_view kEdges[] = {"0",
                                       "1",
                                       "2",
                                       "10",
                                       "255",
                                       "65535",
                                       "2147483647",
                                       "2147483648",
                                       "4294967295",
                                       "4294967296",
                                       "4294967297",
                                       "9223372036854775807",
                                       "9223372036854775808",
                                       "18446744073709551614",
                                       "18446744073709551615"};
constexpr std::string_view kOddities[] = {"-0",
                                          "+0",
                                          "-1",
                                          "+1",
                                          "-2147483648",
                                          "-2147483649",
                                          "-4294967295",
                                          "-9223372036854775807",
                                          "-9223372036854775808",
                                          "-9223372036854775809",
                                          "-18446744073709551615",
                                          "18446744073709551616",
                                          "99999999999999999999999999999999999999",
                                          "00000000000000000000000000000000000007",
                                          "x",
                                          "1x",
                                          "0x10",
                                          "1.5",
                                          "1e3",
                                          "--1",
                                          "+-1",
                                          "-",
                                          "+",
                                          "1-",
                                          "1,000",
                                          "\t1",
                                          "1\t",
                                          "1\tx",
                                          "\v\f1",
                                          "1\r",
                                          "\r1",
                                          "noreply",
                                          "\xc2\xb2"};
// 0, the past, and times that are at least 900 s away. None that memcached 1.6.18 cuts to 32 bits.
constexpr std::string_view kValidExptimes[] = {"0",          "0",          "0",       "0",
                                               "1000",       "100000",     "2592000", "2592001",
                                               "2000000000", "2147483647", "-1",      "-2592001"};
constexpr std::string_view kOddExptimes[] = {"-0",
                                             "+1000",
                                             "001000",
                                             "-2147483648",
                                             "9223372036854775808",
                                             "18446744073709551615",
                                             "99999999999999999999999",
                                             "x",
                                             "1000x",
                                             "-",
                                             "1e9",
                                             "0x1000",
                                             "1000\t",
                                             "1000\tx",
                                             "1\xff"};
constexpr std::string_view kNumericValues[] = {"0",
                                               "1",
                                               "9",
                                               "10",
                                               "99",
                                               "12345",
                                               "18446744073709551614",
                                               "18446744073709551615",
                                               "18446744073709551616",
                                               "9223372036854775808",
                                               "-1",
                                               "+5",
                                               " 5",
                                               "5 ",
                                               "5    ",
                                               "007",
                                               "5\t",
                                               "5 x",
                                               "5x",
                                               "x5",
                                               "\r5",
                                               "5\n",
                                               "-9223372036854775809",
                                               "99999999999999999999999",
                                               "00000000000000000000000000000000000000000000000005",
                                               "-"};

}  // namespace

Vocabulary::Vocabulary(Random* random) : random_(random) {
  adds = random->OneIn(2);
  looks_at_hits = !adds;
  alters_binary = random->OneIn(2);
  flushes_later = random->OneIn(60);
  counts_high = random->OneIn(40);
  const size_t count = random->Between(1, 8);
  for (size_t i = 0; i < count; ++i) keys_.push_back(MakeKey());
  constexpr size_t kLongestDecoded = kLongestKey / 4 * 3;
  for (size_t i = 0; i < 2; ++i) {
    std::string bytes = "\n" + Junk(random->Below(20));
    if (random->OneIn(6)) bytes.resize(kLongestDecoded - random->Below(3), '\0');
    binary_keys_.push_back(absl::Base64Escape(bytes));
  }
}

std::string Vocabulary::MakeKey() {
  if (!random_->OneIn(4)) return "key" + std::to_string(random_->Below(100));
  std::string key;
  const size_t length =
      random_->OneIn(3) ? kLongestKey - random_->Below(3) : random_->Between(1, 20);
  while (key.size() < length) {
    const auto byte = static_cast<char>(random_->Between(1, 255));
    if (byte != ' ' && byte != '\n') key += byte;
  }
  // A trailing carriage return would go with the line's end, and the others name what we send.
  if (key.back() == '\r' || key == "~") key.back() = 'r';
  return key;
}

std::string Vocabulary::AbsentKey() {
  return std::string(random_->OneIn(4) ? kLongestKey - 7 : 1, '#') +
         std::to_string(random_->Below(1'000'000));
}

std::string Vocabulary::OverlongKey() {
  const size_t lengths[] = {kLongestKey + 1, kLongestKey + 2, 255, 256, 257, 500, 1024, 1900};
  return std::string(random_->Of(lengths), 'k');
}

std::string Vocabulary::ValidNumber() {
  if (random_->OneIn(2)) return std::to_string(random_->Below(1000));
  return std::string(random_->Of(kEdges));
}

std::string Vocabulary::Number() {
  return random_->OneIn(4) ? std::string(random_->Of(kOddities)) : ValidNumber();
}

std::string Vocabulary::Delta() {
  for (;;) {
    const std::string number = Number();
    if (counts_high || number.size() < 19) return number;
  }
}

std::string Vocabulary::ValidExptime() { return std::string(random_->Of(kValidExptimes)); }

std::string Vocabulary::Exptime() {
  return random_->OneIn(8) ? std::string(random_->Of(kOddExptimes)) : ValidExptime();
}

std::string Vocabulary::RecacheTime() {
  constexpr std::string_view kTimes[] = {"0", "-1", "500", "50000", "1000000", "2100000000", "x"};
  return std::string(random_->Of(kTimes));
}

std::string Vocabulary::NumericValue() {
  for (;;) {
    const std::string_view value = random_->Of(kNumericValues);
    // The long ones that are no high numbers: beyond 2^64, and one with many zeros.
    if (counts_high || value.size() < 19 || value.size() > 20) return std::string(value);
  }
}

std::string Vocabulary::Value() {
  if (random_->OneIn(3)) return NumericValue();
  constexpr size_t kLengths[] = {0,   0,   1,    2,    3,    10,   20,   40,   64,   65,   99,  100,
                                 101, 500, 1000, 2046, 2048, 4095, 4096, 4097, 8190, 8191, 8192};
  constexpr size_t kLargeLengths[] = {16383, 16384, 16385, 65536, 100'000, 524'288, 1'048'000};
  constexpr size_t kLimit = 1024 * 1024 - 48 - 8 - 3;  // less the key: the largest that is stored
  size_t length = random_->Of(kLengths);
  if (random_->OneIn(200)) length = random_->Of(kLargeLengths);
  if (random_->OneIn(1000)) length = kLimit + 4 - random_->Below(20);
  if (random_->OneIn(20)) return Junk(std::min<size_t>(length, 2048)) + "j";
  std::string value(length, static_cast<char>('a' + random_->Below(26)));
  // Lines that would be commands and replies if somebody took them for such.
  constexpr std::string_view kMisleading[] = {
      "\r\n", "\r\nEND\r\n", "\r\nget key1\r\n", "VALUE a 0 1\r\n", "\r\nversion\r\n", "\n"};
  if (random_->OneIn(10)) {
    const std::string_view text = random_->Of(kMisleading);
    if (text.size() <= value.size()) {
      value.replace(random_->Below(value.size() - text.size() + 1), text.size(), text);
    }
  }
  // memcached counts what lies in memory behind white space.
  if (!value.empty() && value.find_first_not_of("\r\n") == std::string::npos) value[0] = 'x';
  return value;
}

std::string Vocabulary::Junk(size_t bytes) {
  std::string junk;
  while (junk.size() < bytes) {
    const auto byte = static_cast<char>(random_->Below(256));
    if (byte != '\n') junk += byte;
  }
  return junk;
}

}  // namespace overtake::tests
