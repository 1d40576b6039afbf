#pragma once

#include "bench/memory/replayer.h"
#include "bench/memory/server_stats.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

nlohmann::json ToJson(const ReplayResult& result);
nlohmann::json ToJson(const StoreFigures& store);

}  // namespace overtake::bench
