#pragma once

#include <functional>
#include <memory>

#include "bench/simulate/architecture.h"

// The architectures, a file each. MakeArchitecture chooses.
namespace overtake::bench::simulate {

using Answered = std::function<void(Request*)>;

std::unique_ptr<Architecture> MakeNode(const Options&, Cores*, Answered);
std::unique_ptr<Architecture> MakeMemcached(const Options&, Cores*, Answered);
std::unique_ptr<Architecture> MakeReuseport(const Options&, Cores*, Answered);
std::unique_ptr<Architecture> MakeNginx(const Options&, Cores*, Answered);
std::unique_ptr<Architecture> MakeRamcloud(const Options&, Cores*, Answered);
std::unique_ptr<Architecture> MakeOvertake(const Options&, Cores*, Answered);

}  // namespace overtake::bench::simulate
