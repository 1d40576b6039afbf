// Which CAS unique of one server is which of the other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace overtake::tests {

// Each server numbers as it likes. What clients can rely on, and what is checked here, is that
// pairs match: a unique of the reference stands for one state of one item, so it always has the
// same counterpart; a unique of ours has one counterpart for each key; and where the reference's
// grow, ours grow.
class CasBook {
 public:
  enum class Side { kReference, kOurs };

  // Notes a pair that was told for `key`, "" if the reply does not say which. False if it
  // contradicts what was noted before.
  bool Note(const std::string& key, uint64_t reference, uint64_t ours);

  // Whether these were noted as a pair.
  bool Matches(uint64_t reference, uint64_t ours) const {
    const auto found = ours_of_.find(reference);
    return found != ours_of_.end() && found->second == ours;
  }

  // The last unique noted for the key, or the last but one; 2^64-1 if there is none.
  uint64_t Find(Side side, const std::string& key, bool older) const;

 private:
  std::map<uint64_t, uint64_t> ours_of_;  // by the reference's
  // By key: pairs in the order of the reference's, and the last two, newest first.
  struct Key {
    std::map<uint64_t, uint64_t> pairs;
    std::vector<std::pair<uint64_t, uint64_t>> last;
  };
  std::map<std::string, Key> keys_;
};

}  // namespace overtake::tests
