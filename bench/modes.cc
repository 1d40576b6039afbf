#include "bench/modes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dispatch/architecture.h"

namespace overtake::bench {

const std::vector<NamedMode>& AllModes() {
  static const auto* const all = [] {
    auto* const modes = new std::vector<NamedMode>;
    for (const ArchitectureInfo& info : Architectures()) {
      modes->push_back({std::string(info.name), info.mode, Policy::kFcfs});
    }
    const std::string ramcloud(InfoOf(Mode::kRamcloud).name);
    modes->push_back({ramcloud + "-reserve", Mode::kRamcloud, Policy::kReserve});
    modes->push_back({ramcloud + "-size", Mode::kRamcloud, Policy::kSize});
    return modes;
  }();
  return *all;
}

std::vector<std::string> ModeNames() {
  std::vector<std::string> names;
  for (const NamedMode& mode : AllModes()) names.push_back(mode.name);
  return names;
}

absl::StatusOr<NamedMode> FindMode(std::string_view name) {
  for (const NamedMode& mode : AllModes()) {
    if (mode.name == name) return mode;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no such mode: ", std::string(name), " (there are: ", absl::StrJoin(ModeNames(), ", "), ")"));
}

}  // namespace overtake::bench
