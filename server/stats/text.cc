#include "server/stats/text.h"

#include <concepts>
#include <initializer_list>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace overtake {
namespace {

// Appends the lines of one statistic.
struct Lines {
  void operator()(std::integral auto value) const { Append({}, absl::StrCat(value)); }
  void operator()(StatDecimal value) const { Append({}, Text(value)); }
  void operator()(std::string_view value) const { Append({}, value); }
  void operator()(const StatHistogram& value) const {
    const auto line = [&](std::initializer_list<std::string_view> ending, uint64_t recorded) {
      Append(ending, Text({static_cast<double>(recorded) / value.per_unit, 1}));
    };
    line({"_p50_", value.unit}, value.recorded->ValueAtQuantile(0.50));
    line({"_p99_", value.unit}, value.recorded->ValueAtQuantile(0.99));
    line({"_p999_", value.unit}, value.recorded->ValueAtQuantile(0.999));
    line({"_max_", value.unit}, value.recorded->Max());
  }

  static std::string Text(StatDecimal value) {
    return absl::StrFormat("%.*f", value.decimals, value.number);
  }
  void Append(std::initializer_list<std::string_view> ending, std::string_view value) const {
    reply->Append("STAT ");
    if (!name.label.value.empty()) {
      reply->Append(prefix);
      reply->Append(name.label.value);
      reply->Append(":");
    }
    reply->Append(name.text);
    for (const std::string_view part : ending) reply->Append(part);
    reply->Append(" ");
    reply->AppendLine(value);
  }

  const StatName& name;
  std::string_view prefix;
  Reply* reply;
};

}  // namespace

StatsSink TextSink(std::string_view prefix, Reply* reply) {
  return StatsSink([prefix, reply](const Stat& stat) {
    std::visit(Lines{stat.name, prefix, reply}, stat.value);
  });
}

}  // namespace overtake
