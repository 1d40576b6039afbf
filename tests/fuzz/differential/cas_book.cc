#include "tests/fuzz/differential/cas_book.h"

#include <iterator>
#include <limits>

namespace overtake::tests {

bool CasBook::Note(const std::string& key, uint64_t reference, uint64_t ours) {
  // 0 is no unique: nothing was stored.
  if (reference == 0 || ours == 0) return reference == ours;
  if (ours_of_.try_emplace(reference, ours).first->second != ours) return false;
  if (key.empty()) return true;
  Key& known = keys_[key];
  const auto [place, added] = known.pairs.try_emplace(reference, ours);
  if (added) {
    const auto next = std::next(place);
    if (next != known.pairs.end() && next->second <= ours) return false;
    if (place != known.pairs.begin() && std::prev(place)->second >= ours) return false;
  }
  const std::pair pair(reference, ours);
  if (known.last.empty() || known.last.front() != pair) {
    known.last.insert(known.last.begin(), pair);
    if (known.last.size() > 2) known.last.pop_back();
  }
  return true;
}

uint64_t CasBook::Find(Side side, const std::string& key, bool older) const {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return std::numeric_limits<uint64_t>::max();
  const auto& pair = older ? found->second.last.back() : found->second.last.front();
  return side == Side::kReference ? pair.first : pair.second;
}

}  // namespace overtake::tests
