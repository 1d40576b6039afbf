// What executes commands on items.
#pragma once

#include "server/commands/call.h"

namespace overtake {

// get, gets, gat and gats; set, add, replace, append, prepend and cas; incr and decr.
CommandFunction ExecuteGet, ExecuteSet, ExecuteIncr;
CommandFunction ExecuteDelete, ExecuteTouch;
CommandFunction ExecuteMetaGet, ExecuteMetaSet, ExecuteMetaDelete, ExecuteMetaArithmetic;
CommandFunction ExecuteMetaDebug;

}  // namespace overtake
