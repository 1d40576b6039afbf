#pragma once

#include "bench/replay/replayer.h"
#include "bench/replay/server_stats.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

nlohmann::json ToJson(const ReplayResult& result);
nlohmann::json ToJson(const StoreFigures& store);

}  // namespace overtake::bench
