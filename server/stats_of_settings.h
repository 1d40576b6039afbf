// `stats settings`.
#pragma once

#include "server/stats.h"
#include "server/stats_writer.h"

namespace overtake {

// Every name that memcached 1.6.18 has, in its order; those that mean nothing here have its
// defaults. Our own follow.
void AppendSettings(const StatsSource& source, StatsWriter* out);

}  // namespace overtake
