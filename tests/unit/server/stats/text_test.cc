// Statistics of each kind as memcached's lines.

#include "server/stats/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace overtake {
namespace {

class TextSinkTest : public ::testing::Test {
 protected:
  // What was appended since the last call.
  std::string Lines() {
    iovec piece = {};
    size_t size = 0;
    reply_.Gather(absl::MakeSpan(&piece, 1), SIZE_MAX, &size);
    const std::string lines(static_cast<const char*>(piece.iov_base), size);
    reply_.Clear();
    return lines;
  }

  Reply reply_;
  StatsSink out_ = TextSink("items:", &reply_);
};

TEST_F(TextSinkTest, NumbersAreWholeOrHaveTheirDecimals) {
  out_.Counter("gets", std::numeric_limits<uint64_t>::max());
  out_.Gauge("items", size_t{7});
  out_.Gauge("port", -1);
  out_.Gauge("factor", {1.25, 2});
  out_.Gauge("share", {2.0 / 3, 4});
  out_.Gauge("none", {0, 3});
  EXPECT_EQ(Lines(),
            "STAT gets 18446744073709551615\r\nSTAT items 7\r\nSTAT port -1\r\n"
            "STAT factor 1.25\r\nSTAT share 0.6667\r\nSTAT none 0.000\r\n");
}

TEST_F(TextSinkTest, TextsStandAsTheyAre) {
  out_.Text("socket", "/run/a b");
  out_.Flag("cas", true);
  out_.Flag("dump", false);
  EXPECT_EQ(Lines(), "STAT socket /run/a b\r\nSTAT cas yes\r\nSTAT dump no\r\n");
}

TEST_F(TextSinkTest, OnlyWhatHasALabelHasThePrefix) {
  const StatLabel label = {"class", "1"};
  out_.Gauge({"number", label}, 3);
  out_.Gauge("active", 1);
  EXPECT_EQ(Lines(), "STAT items:1:number 3\r\nSTAT active 1\r\n");
  TextSink("", &reply_).Gauge({"number", label}, 3);
  EXPECT_EQ(Lines(), "STAT 1:number 3\r\n");
}

TEST_F(TextSinkTest, AHistogramIsFourLines) {
  Histogram waits;
  for (uint64_t value = 1; value <= 1000; ++value) waits.Record(value);
  out_.Histogram({"wait", {"thread", "0"}}, {&waits, 10, "us"});
  EXPECT_EQ(Lines(),
            "STAT items:0:wait_p50_us 50.0\r\nSTAT items:0:wait_p99_us 99.0\r\n"
            "STAT items:0:wait_p999_us 99.9\r\nSTAT items:0:wait_max_us 100.0\r\n");
}

TEST_F(TextSinkTest, EmptyClassesAreLeftOut) { EXPECT_FALSE(out_.wants_empty()); }

}  // namespace
}  // namespace overtake
