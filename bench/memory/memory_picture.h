#pragma once

#include <string>

#include "absl/status/status.h"
#include "bench/memory/memory_comparison.h"

namespace overtake::bench {

// Draws, as far as they were measured, each server's hit ratio against its memory (the case "zipf")
// and beside it the items it held by size of value (the cases "fill-...", at 64 MB or else at the
// least memory measured). Writes SVG with gnuplot. NotFoundError: that is not installed;
// FailedPrecondition: neither was measured.
absl::Status DrawMemory(const MemoryComparison& comparison, const std::string& subtitle,
                        const std::string& svg_path);

}  // namespace overtake::bench
