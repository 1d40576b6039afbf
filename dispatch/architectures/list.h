// The architectures there are; each is defined in the file of its name.
#pragma once

#include "dispatch/architecture.h"

namespace overtake {

extern const ArchitectureInfo kNodeInfo;
extern const ArchitectureInfo kMemcachedInfo;
extern const ArchitectureInfo kRamcloudInfo;
extern const ArchitectureInfo kNginxInfo;
extern const ArchitectureInfo kReuseportInfo;
extern const ArchitectureInfo kOvertakeInfo;

}  // namespace overtake
