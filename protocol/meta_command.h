// The command lines of meta commands.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "protocol/line_parts.h"
#include "protocol/request.h"

namespace overtake {

// Fills *request, whose command is set (one with IsMeta), from the line's words; `arguments` is all
// of the line behind the first. Errors and result are ParseCommandLine's.
std::optional<size_t> ParseMetaCommand(const Tokens& tokens, std::string_view arguments,
                                       Request* request);

}  // namespace overtake
