// Statistics as data, whatever form they are then told in.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/histogram.h"

namespace overtake {

// Which of several a statistic is of: {"thread", "0"}, {"class", "1"}, {"connection", "26"}.
struct StatLabel {
  std::string_view dimension;
  std::string_view value;  // empty: there is only one
};

// "curr_items", or {"requests", thread}.
struct StatName {
  StatName(const char* name) : text(name) {}
  StatName(std::string_view name, StatLabel of = {}) : text(name), label(of) {}

  std::string_view text;
  StatLabel label;
};

// A number of which some decimals are told.
struct StatDecimal {
  double number;
  int decimals;
};

// What was recorded, `per_unit` of it in one `unit` ("us").
struct StatHistogram {
  const Histogram* recorded;
  double per_unit;
  std::string_view unit;
};

enum class StatKind : uint8_t {
  kCounter,    // how often something has happened, since the start or since a reset: uint64_t
  kGauge,      // how much of something there is now: a number
  kText,       // a string_view
  kHistogram,  // how what was measured, since the start or since a reset, is distributed
};

// Lasts as long as the call that it is given to.
struct Stat {
  StatName name;
  StatKind kind;
  std::variant<uint64_t, int64_t, StatDecimal, std::string_view, StatHistogram> value;
};

// What a section of statistics fills. One thread at a time.
class StatsSink {
 public:
  using Taker = std::function<void(const Stat&)>;

  // With `wants_empty` it is to have the entries of a class without items, too.
  explicit StatsSink(Taker taker, bool wants_empty = false)
      : taker_(std::move(taker)), wants_empty_(wants_empty) {}

  void Counter(const StatName& name, uint64_t value) { Put({name, StatKind::kCounter, value}); }
  void Gauge(const StatName& name, std::unsigned_integral auto value) {
    Put({name, StatKind::kGauge, uint64_t{value}});
  }
  void Gauge(const StatName& name, std::signed_integral auto value) {
    Put({name, StatKind::kGauge, int64_t{value}});
  }
  void Gauge(const StatName& name, StatDecimal value) { Put({name, StatKind::kGauge, value}); }
  void Text(const StatName& name, std::string_view value) { Put({name, StatKind::kText, value}); }
  void Flag(const StatName& name, bool value) { Text(name, value ? "yes" : "no"); }
  void Histogram(const StatName& name, const StatHistogram& value) {
    Put({name, StatKind::kHistogram, value});
  }

  void Put(const Stat& stat) const { taker_(stat); }
  bool wants_empty() const { return wants_empty_; }

 private:
  const Taker taker_;
  const bool wants_empty_;
};

}  // namespace overtake
