#include "tests/fuzz/differential/reply_comparison.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include "tests/support/printable.h"
#include "tests/support/reply.h"

namespace overtake::tests {
namespace {

template <typename Integer>
std::optional<Integer> Read(std::string_view text) {
  Integer number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<uint64_t> Number(std::string_view text) { return Read<uint64_t>(text); }

bool SameSeconds(std::string_view reference, std::string_view ours) {
  if (reference == ours) return true;
  const auto a = Read<int64_t>(reference), b = Read<int64_t>(ours);
  if (!a.has_value() || !b.has_value()) return false;
  // t is unsigned: what has passed wraps.
  const auto passed = [](int64_t seconds) { return seconds < 0 || seconds > INT32_MAX; };
  const int tolerance =
      passed(*a) && passed(*b) ? ReplyComparison::kPastTolerance : ReplyComparison::kTolerance;
  return std::max(*a, *b) - std::min(*a, *b) <= tolerance;
}

constexpr std::string_view kNotANumber =
    "CLIENT_ERROR cannot increment or decrement non-numeric value";

// Counters of `stats` that depend on commands alone. memcached 1.6.18 leaves get_expired and
// get_flushed at 0, and counts in cmd_set and cmd_flush some that it then refuses.
constexpr std::string_view kCounters[] = {
    "cmd_get",      "cmd_touch",       "cmd_meta",       "get_hits",      "get_misses",
    "incr_hits",    "incr_misses",     "decr_hits",      "decr_misses",   "cas_hits",
    "cas_misses",   "cas_badval",      "delete_hits",    "delete_misses", "touch_hits",
    "touch_misses", "store_too_large", "store_no_memory"};

// Takes STAT lines off the front of *reply; returns those of counters, by name.
std::map<std::string_view, std::string_view> TakeStats(std::string_view* reply) {
  std::map<std::string_view, std::string_view> counters;
  while (reply->starts_with("STAT ")) {
    const auto words = WordsOf(TakeReplyLine(reply).text);
    if (words.size() == 3 &&
        std::find(std::begin(kCounters), std::end(kCounters), words[1]) != std::end(kCounters)) {
      counters[words[1]] = words[2];
    }
  }
  return counters;
}

std::string Contrast(std::string_view reference, std::string_view ours) {
  constexpr size_t kShown = 200;
  return "memcached: " + Printable(reference, kShown) + "\n     ours: " + Printable(ours, kShown);
}

}  // namespace

std::string ReplyComparison::Compare(std::string_view reference, std::string_view ours) {
  for (;;) {
    const auto counters = TakeStats(&reference), our_counters = TakeStats(&ours);
    for (const auto& [name, value] : counters) {
      const auto found = our_counters.find(name);
      if (found == our_counters.end() || found->second != value) {
        return Contrast(std::string(name) + " " + std::string(value),
                        found == our_counters.end() ? "none" : found->second);
      }
    }
    if (reference.empty() && ours.empty()) return "";
    const std::string_view rest_of_reference = reference, rest_of_ours = ours;
    const ReplyLine line = TakeReplyLine(&reference), our_line = TakeReplyLine(&ours);
    if (line.whole != our_line.whole || !SameLine(line.text, our_line.text) ||
        line.block != our_line.block) {
      chance_ = line.text == kNotANumber;
      return Contrast(rest_of_reference, rest_of_ours);
    }
  }
}

bool ReplyComparison::SameLine(std::string_view reference, std::string_view ours) {
  const std::string_view verb = reference.substr(0, reference.find(' '));
  if (verb != ours.substr(0, ours.find(' '))) return false;
  if (verb == "ME") return SameDebugLine(reference, ours);
  if (verb == "HD" || verb == "VA" || verb == "NS" || verb == "EX" || verb == "NF") {
    return SameMetaLine(reference, ours);
  }
  if (verb == "VALUE") {
    const auto a = WordsOf(reference), b = WordsOf(ours);
    if (a.size() == 5 && b.size() == 5) {
      return std::equal(a.begin(), a.begin() + 4, b.begin()) &&
             SameCas(std::string(a[1]), a[4], b[4]);
    }
  }
  return reference == ours;
}

bool ReplyComparison::SameMetaLine(std::string_view reference, std::string_view ours) {
  const auto a = WordsOf(reference), b = WordsOf(ours);
  if (a.size() != b.size()) return false;
  std::string key;
  for (const std::string_view word : a) {
    if (word.starts_with('k')) key = word.substr(1);
  }
  for (size_t i = 1; i < a.size(); ++i) {
    if (a[i].empty() || b[i].empty() || a[i][0] != b[i][0]) {
      if (a[i] != b[i]) return false;
      continue;
    }
    const std::string_view x = a[i].substr(1), y = b[i].substr(1);
    const char flag = a[i][0];
    bool same = x == y;
    if (flag == 'c') same = SameCas(key, x, y);
    if (flag == 'k') same = SameKey(x, y);
    if (flag == 't' || flag == 'l') same = SameSeconds(x, y);
    if (!same) return false;
  }
  return true;
}

// ME <key> <name>=<value>*
bool ReplyComparison::SameDebugLine(std::string_view reference, std::string_view ours) {
  const auto a = WordsOf(reference), b = WordsOf(ours);
  if (a.size() != b.size()) return false;
  for (size_t i = 1; i < a.size(); ++i) {
    const size_t equals = a[i].find('=');
    const std::string_view name = a[i].substr(0, equals);
    bool same = a[i] == b[i];
    if (i > 1 && equals != std::string_view::npos && b[i].substr(0, equals) == name) {
      std::string_view x = a[i].substr(equals), y = b[i].substr(equals);
      if (y.empty()) return false;
      // memcached 1.6.18 puts a minus before what is left.
      if (name == "exp" && x != "=-1" && x.starts_with("=-") != y.starts_with("=-")) {
        x.remove_prefix(1);
        if (x.front() == '-') x.remove_prefix(1);
        same = SameSeconds(x, y.substr(1));
        if (!same) return false;
        continue;
      }
      if (name == "cas") same = SameCas(std::string(a[1]), x.substr(1), y.substr(1));
      if (name == "exp" || name == "la") same = SameSeconds(x.substr(1), y.substr(1));
    }
    if (!same) return false;
  }
  return true;
}

bool ReplyComparison::SameKey(std::string_view reference, std::string_view ours) const {
  if (reference == ours) return true;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  // The numbers around the first byte that differs, and what is behind them.
  size_t begin = static_cast<size_t>(
      std::mismatch(reference.begin(), reference.end(), ours.begin(), ours.end()).first -
      reference.begin());
  while (begin > 0 && is_digit(reference[begin - 1])) --begin;
  reference.remove_prefix(begin);
  ours.remove_prefix(begin);
  const auto digits = [&](std::string_view text) {
    return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  };
  const size_t a = digits(reference), b = digits(ours);
  const auto x = Number(reference.substr(0, a)), y = Number(ours.substr(0, b));
  return x.has_value() && y.has_value() && book_.Matches(*x, *y) &&
         reference.substr(a) == ours.substr(b);
}

bool ReplyComparison::SameCas(const std::string& key, std::string_view reference,
                              std::string_view ours) {
  const auto a = Number(reference), b = Number(ours);
  if (!a.has_value() || !b.has_value()) return reference == ours;
  return book_.Note(key, *a, *b);
}

}  // namespace overtake::tests
