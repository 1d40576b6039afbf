#pragma once

#include <string>

#include "nlohmann/json.hpp"

namespace overtake::bench {

// What a figure cannot be judged without: processor, cores this process may use, kernel, the
// installed memcached, and the commit the generator was built from.
nlohmann::json MachineJson();

// The same on one line.
std::string MachineLine();

}  // namespace overtake::bench
