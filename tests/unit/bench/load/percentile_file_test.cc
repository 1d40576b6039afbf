#include "bench/load/percentile_file.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace overtake::bench {
namespace {

struct Line {
  double value = 0, percentile = 0;
  uint64_t count = 0;
};

std::vector<Line> DataLines(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    Line data;
    std::istringstream words(line);
    if (words >> data.value >> data.percentile >> data.count) lines.push_back(data);
  }
  return lines;
}

TEST(PercentileFileTest, HasHdrHistogramsForm) {
  Histogram histogram;
  histogram.Record(1000, 3);
  histogram.Record(2000);
  // As HdrHistogram prints these four values with five steps a halving.
  EXPECT_EQ(PercentileText(histogram),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
            "       1.000 0.000000000000          3           1.00\n"
            "       1.000 0.100000000000          3           1.11\n"
            "       1.000 0.200000000000          3           1.25\n"
            "       1.000 0.300000000000          3           1.43\n"
            "       1.000 0.400000000000          3           1.67\n"
            "       1.000 0.500000000000          3           2.00\n"
            "       1.000 0.550000000000          3           2.22\n"
            "       1.000 0.600000000000          3           2.50\n"
            "       1.000 0.650000000000          3           2.86\n"
            "       1.000 0.700000000000          3           3.33\n"
            "       1.000 0.750000000000          3           4.00\n"
            "       2.000 0.775000000000          4           4.44\n"
            "       2.000 1.000000000000          4\n"
            "#[Mean    =        1.250, StdDeviation   =        0.433]\n"
            "#[Max     =        2.000, Total count    =            4]\n"
            "#[Buckets =           30, SubBuckets     =         2048]\n");
}

TEST(PercentileFileTest, SaysWhatTheHistogramSays) {
  Histogram histogram;
  for (uint64_t us = 1; us <= 100'000; ++us) histogram.Record(1000 * us);
  const std::vector<Line> lines = DataLines(PercentileText(histogram));
  // Five for each of 17 halvings, less those that the last bucket holds.
  ASSERT_GT(lines.size(), 50U);
  double last = 0;
  for (const Line& line : lines) {
    EXPECT_GE(line.percentile, last);
    last = line.percentile;
    const double exact = 1 + line.percentile * 99'999;
    EXPECT_NEAR(line.value, exact, 0.002 * exact + 1) << line.percentile;
  }
  EXPECT_EQ(last, 1);
  EXPECT_EQ(lines.back().count, 100'000U);
}

TEST(PercentileFileTest, OfNothingIsOnlyItsFrame) {
  const std::string text = PercentileText(Histogram());
  EXPECT_TRUE(DataLines(text).empty());
  EXPECT_NE(text.find("Total count    =            0"), std::string::npos) << text;
}

}  // namespace
}  // namespace overtake::bench
