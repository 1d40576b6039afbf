#include "bench/summary.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace overtake::bench {

Spread SpreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

std::string ToString(double value, int decimals) {
  std::string text = absl::StrFormat("%.*f", std::abs(value) < 100 ? decimals : 0, value);
  size_t point = std::min(text.find('.'), text.size());
  for (size_t digits = 3; digits < point; digits += 3) text.insert(point - digits, 1, ',');
  return text;
}

std::string ToString(const Spread& spread, int decimals) {
  const std::string median = ToString(spread.median, decimals);
  if (spread.min == spread.max) return median;
  return absl::StrCat(median, " (", ToString(spread.min, decimals), "-",
                      ToString(spread.max, decimals), ")");
}

nlohmann::json ToJson(const Histogram& nanoseconds) {
  nlohmann::json json = {{"count", nanoseconds.count()},
                         {"mean_us", nanoseconds.Mean() / 1000},
                         {"max_us", Microseconds(nanoseconds.Max())}};
  for (const double percent : {50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.99}) {
    json[absl::StrFormat("p%g_us", percent)] =
        Microseconds(nanoseconds.ValueAtQuantile(percent / 100));
  }
  return json;
}

nlohmann::json ToJson(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

absl::Status WriteJson(const std::string& path, const nlohmann::json& value) {
  if (path == "-") {
    std::cout << value.dump(2) << std::endl;
    return absl::OkStatus();
  }
  std::ofstream file(path);
  file << value.dump(2) << std::endl;
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace overtake::bench
