// How the groups of statistics are written.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "protocol/reply.h"
#include "server/stats.h"

namespace overtake {

inline absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }
inline absl::string_view YesOrNo(bool yes) { return yes ? "yes" : "no"; }

// Where the groups put what they know: into a reply, or, for a reset, into the baseline.
class StatsWriter {
 public:
  // `reply` null: a reset.
  StatsWriter(StatsBaseline* baseline, Reply* reply) : baseline_(baseline), reply_(reply) {}

  // How something is now.
  void Gauge(std::string_view name, const absl::AlphaNum& value) {
    if (reply_ != nullptr) reply_->AppendLine(absl::StrCat("STAT ", AbslView(name), " ", value));
  }
  // How often something happened since the last reset.
  void Count(std::string_view name, uint64_t value) {
    if (reply_ != nullptr) {
      // A reset since `value` was read leaves nothing of it.
      Gauge(name, value - std::min(value, baseline_->Of(name)));
    } else {
      baseline_->Set(name, value);
    }
  }
  // What was recorded since the last reset; nothing, for a reset.
  Histogram Since(std::string_view name, const Histogram& now) {
    if (reply_ != nullptr) return baseline_->Since(name, now);
    baseline_->Set(name, now);
    return Histogram(now.precision_bits());
  }
  bool is_reset() const { return reply_ == nullptr; }

 private:
  StatsBaseline* const baseline_;
  Reply* const reply_;
};

}  // namespace overtake
