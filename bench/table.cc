#include "bench/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {
namespace {

// Columns that UTF-8 `text` takes: its bytes but for continuation bytes.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string TextTable::ToString() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t i = 0; i < rows_[r].size(); ++i) {
      const std::string padding(widths[i] - Width(rows_[r][i]), ' ');
      if (i == 0) {
        absl::StrAppend(&text, rows_[r][i], padding);
      } else {
        absl::StrAppend(&text, "  ", padding, rows_[r][i]);
      }
    }
    absl::StrAppend(&text, "\n");
    if (r > 0) continue;
    size_t line = 0;
    for (size_t width : widths) line += width;
    absl::StrAppend(&text, std::string(line + 2 * (widths.size() - 1), '-'), "\n");
  }
  return text;
}

}  // namespace overtake::bench
