// How many streams were answered as by memcached, how many otherwise and why.
#pragma once

#include <cstddef>
#include <string>

namespace overtake::tests {

struct SummaryRow {
  std::string mode, run;
  size_t runs = 0;        // a stream may be sent many times, cut elsewhere each time
  size_t alike = 0;       // streams
  size_t documented = 0;  // different, with a row in docs/protocol.md
  size_t not_adopted = 0;
  size_t otherwise = 0;  // different, which is a failure
};

// All rows are printed in a table when the program's tests are over. `version` of memcached is what
// was compared with.
void AddToSummary(const std::string& version, const SummaryRow& row);

}  // namespace overtake::tests
