// Replies of two servers, side by side.
#pragma once

#include <string>
#include <string_view>

#include "tests/fuzz/differential/cas_book.h"

namespace overtake::tests {

// Compares what a reference and our server sent back for the same bytes, and learns the CAS uniques
// in it. Every byte must be the same but for
//   - CAS uniques, which must match as CasBook says: in VALUE lines, behind c, in me's cas=, and in
//     keys that are told again (where a garbled command had one run into its key);
//   - seconds, which may be kTolerance apart, since the servers' clocks do not tick together:
//     behind t and l, and in me's exp= and la=. Those of an exptime that has passed count from the
//     server's start, so they may be kPastTolerance apart;
//   - STAT lines, which may be any, and any number, but for the counters of commands, which must be
//     the same.
class ReplyComparison {
 public:
  static constexpr int kTolerance = 2;       // seconds
  static constexpr int kPastTolerance = 60;  // seconds

  // What differs first, for messages; "" if nothing does.
  std::string Compare(std::string_view reference, std::string_view ours);

  // The last difference was whether an item's value is a number. memcached looks for a sign behind
  // the value when that is 2^63 or more, in memory that holds whatever was there before.
  bool chance() const { return chance_; }

  const CasBook& book() const { return book_; }

 private:
  // One line of both, without its end. False if they differ.
  bool SameLine(std::string_view reference, std::string_view ours);
  bool SameMetaLine(std::string_view reference, std::string_view ours);
  bool SameDebugLine(std::string_view reference, std::string_view ours);
  bool SameKey(std::string_view reference, std::string_view ours) const;
  bool SameCas(const std::string& key, std::string_view reference, std::string_view ours);

  CasBook book_;
  bool chance_ = false;
};

}  // namespace overtake::tests
