#include "tests/conformance/summary.h"

#include <gtest/gtest.h>

#include <iomanip>
#include <iostream>
#include <vector>

namespace overtake::tests {
namespace {

void Print(const SummaryRow& row) {
  std::cout << std::left << std::setw(14) << row.mode << std::setw(20) << row.run << std::right
            << std::setw(8) << row.runs << std::setw(8) << row.alike << std::setw(12)
            << row.documented << std::setw(13) << row.not_adopted << std::setw(11) << row.otherwise
            << "\n";
}

class Summary : public ::testing::Environment {
 public:
  void Add(const std::string& version, const SummaryRow& row) {
    version_ = version;
    rows_.push_back(row);
  }

  void TearDown() override {
    if (rows_.empty()) return;
    std::cout << "\nStreams, compared with memcached " << version_ << "\n"
              << "mode          run                     runs   alike  documented  not adopted  "
                 "otherwise\n";
    for (const SummaryRow& row : rows_) Print(row);
  }

 private:
  std::string version_;
  std::vector<SummaryRow> rows_;
};

// gtest owns it.
Summary* const summary = [] {
  auto* const created = new Summary;
  ::testing::AddGlobalTestEnvironment(created);
  return created;
}();

}  // namespace

void AddToSummary(const std::string& version, const SummaryRow& row) { summary->Add(version, row); }

}  // namespace overtake::tests
