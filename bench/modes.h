// The modes that servers are started in and that are simulated, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dispatch/options.h"

namespace overtake::bench {

// A mode of the server as flags, tables and results name it: "ramcloud", or "ramcloud-reserve" for
// the same with another --policy.
struct NamedMode {
  std::string name;
  Mode mode = Mode::kOvertake;
  Policy policy = Policy::kFcfs;
};

// Dispatch's architectures in its order, then the policies of ramcloud.
const std::vector<NamedMode>& AllModes();

// Their names, for a flag's check.
std::vector<std::string> ModeNames();

// An InvalidArgumentError names the mode that there is not.
absl::StatusOr<NamedMode> FindMode(std::string_view name);

}  // namespace overtake::bench
