// What `stats` tells about TLS.
#pragma once

#include "server/settings.h"
#include "server/stats_writer.h"

namespace overtake {

// memcached's names, in its order. The counters are there only when TLS is.
void AppendTlsStats(const Settings& settings, StatsWriter* out);
void AppendTlsSettings(const Settings& settings, StatsWriter* out);

}  // namespace overtake
