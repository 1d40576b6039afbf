// Statistics as memcached's lines.
#pragma once

#include <string_view>

#include "protocol/reply.h"
#include "server/stats/sink.h"

namespace overtake {

// A sink that appends "STAT <name> <value>" to *reply, with "<prefix><label>:" before the name of
// what has a label; of a histogram four lines: <name>_p50_<unit>, p99, p999 and max.
StatsSink TextSink(std::string_view prefix, Reply* reply);

}  // namespace overtake
