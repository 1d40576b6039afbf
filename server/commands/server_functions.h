// What executes commands on the server, and what the parser makes of what is no command.
#pragma once

#include "server/commands/call.h"

namespace overtake {

CommandFunction ExecuteMetaNoop, ExecuteVersion, ExecuteQuit, ExecuteStats, ExecuteWatch;
CommandFunction ExecuteFlushAll, ExecuteVerbosity, ExecuteCacheMemlimit, ExecuteSlabs, ExecuteLru;
CommandFunction ExecuteLruCrawler, ExecuteRefreshCerts, ExecuteShutdown;
CommandFunction ExecuteDebug, ExecuteDebugTime;
CommandFunction ExecuteAuthenticate, ExecuteInvalid;

WeightFunction WeightOfDebug;

}  // namespace overtake
