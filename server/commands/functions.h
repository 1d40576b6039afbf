// What executes commands.
#pragma once

#include "server/commands/call.h"

namespace overtake {

// On items: get, gets, gat and gats; set, add, replace, append, prepend and cas; incr and decr; and
// those that they are named after.
CommandFunction ExecuteGet, ExecuteSet, ExecuteIncr, ExecuteDelete, ExecuteTouch;
CommandFunction ExecuteMetaGet, ExecuteMetaSet, ExecuteMetaDelete, ExecuteMetaArithmetic;
CommandFunction ExecuteMetaDebug;

// On the server.
CommandFunction ExecuteMetaNoop, ExecuteVersion, ExecuteQuit, ExecuteStats, ExecuteWatch;
CommandFunction ExecuteFlushAll, ExecuteVerbosity, ExecuteCacheMemlimit, ExecuteSlabs, ExecuteLru;
CommandFunction ExecuteLruCrawler, ExecuteRefreshCerts, ExecuteShutdown;
CommandFunction ExecuteDebug, ExecuteDebugTime;
CommandFunction ExecuteAuthenticate, ExecuteInvalid;

WeightFunction WeightOfDebug;

}  // namespace overtake
