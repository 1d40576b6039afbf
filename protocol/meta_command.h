// The command lines of meta commands.
#pragma once

#include "protocol/command_table.h"

namespace overtake {

CommandParser ParseMetaGet, ParseMetaSet, ParseMetaDelete, ParseMetaArithmetic, ParseMetaDebug;

}  // namespace overtake
