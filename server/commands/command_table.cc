#include "server/commands/command_table.h"

#include "protocol/command_line.h"
#include "protocol/meta_command.h"
#include "server/commands/functions.h"

namespace overtake {
namespace {

using enum Command;
using enum CommandClass;
using Kind = CostModel::Kind;

Weight Trivial(const ServerState& /*server*/, const Request& /*request*/) {
  return Weight::kTrivial;
}
Weight Heavy(const ServerState& /*server*/, const Request& /*request*/) { return Weight::kHeavy; }
Weight ByCost(const ServerState& server, const Request& request) {
  return server.costs.IsHeavy(request) ? Weight::kHeavy : Weight::kLight;
}

constexpr CommandRow kRows[] = {
    {{"get", kGet, kRetrieval, 1, ParseGet}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"bget", kGet, kRetrieval, 1, ParseGet}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"gets", kGets, kRetrieval, 1, ParseGet}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"gat", kGat, kRetrieval, 1, ParseGat}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"gats", kGats, kRetrieval, 1, ParseGat}, ByCost, ExecuteGet, Kind::kRetrieve},

    {{"set", kSet, kStorage, 5, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"add", kAdd, kStorage, 5, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"replace", kReplace, kStorage, 5, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"append", kAppend, kStorage, 5, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"prepend", kPrepend, kStorage, 5, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"cas", kCas, kStorage, 5, ParseCas}, ByCost, ExecuteSet, Kind::kStore},

    {{"delete", kDelete, kPlain, 2, ParseDelete}, ByCost, ExecuteDelete},
    {{"incr", kIncr, kPlain, 3, ParseIncr}, ByCost, ExecuteIncr},
    {{"decr", kDecr, kPlain, 3, ParseIncr}, ByCost, ExecuteIncr},
    {{"touch", kTouch, kPlain, 3, ParseTouch}, ByCost, ExecuteTouch},

    {{"mg", kMetaGet, kMeta, 2, ParseMetaGet}, ByCost, ExecuteMetaGet},
    {{"ms", kMetaSet, kMeta, 2, ParseMetaSet}, ByCost, ExecuteMetaSet, Kind::kStore},
    {{"md", kMetaDelete, kMeta, 2, ParseMetaDelete}, ByCost, ExecuteMetaDelete},
    {{"ma", kMetaArithmetic, kMeta, 2, ParseMetaArithmetic}, ByCost, ExecuteMetaArithmetic},
    {{"me", kMetaDebug, kMeta, 1, ParseMetaDebug}, ByCost, ExecuteMetaDebug},
    {{"mn", kMetaNoop, kPlain, 1, ParseName}, Trivial, ExecuteMetaNoop},

    {{"version", kVersion, kPlain, 1, ParseName}, Trivial, ExecuteVersion},
    {{"quit", kQuit, kPlain, 1, ParseName}, Trivial, ExecuteQuit},
    {{"stats", kStats, kPlain, 1, ParseText}, ByCost, ExecuteStats, Kind::kStats},
    {{"watch", kWatch, kPlain, 1, ParseText}, ByCost, ExecuteWatch},
    {{"flush_all", kFlushAll, kPlain, 1, ParseFlushAll}, ByCost, ExecuteFlushAll, Kind::kFlush},
    {{"verbosity", kVerbosity, kPlain, 2, ParseVerbosity}, ByCost, ExecuteVerbosity},
    {{"cache_memlimit", kCacheMemlimit, kPlain, 1, ParseCacheMemlimit},
     ByCost,
     ExecuteCacheMemlimit},
    {{"slabs", kSlabs, kPlain, 1, ParseTextNoreply}, ByCost, ExecuteSlabs},
    {{"lru", kLru, kPlain, 1, ParseTextNoreply}, ByCost, ExecuteLru},
    {{"lru_crawler", kLruCrawler, kPlain, 1, ParseTextNoreply}, ByCost, ExecuteLruCrawler},
    {{"refresh_certs", kRefreshCerts, kPlain, 1, ParseTextNoreply}, Heavy, ExecuteRefreshCerts},
    {{"shutdown", kShutdown, kPlain, 1, ParseShutdown}, ByCost, ExecuteShutdown},
    {{"debug", kDebug, kPlain, 1, ParseText}, WeightOfDebug, ExecuteDebug},
    {{"debugtime", kDebugTime, kPlain, 1, ParseText}, ByCost, ExecuteDebugTime},

    // What the parser makes: no client can ask for it.
    {{"error", kAuthenticate, kPlain, 1, nullptr}, Trivial, ExecuteAuthenticate},
    {{"error", kInvalid, kPlain, 1, nullptr}, Trivial, ExecuteInvalid},
};

}  // namespace

constexpr CommandTable kCommandTable(kRows);
static_assert(kCommandTable.IsComplete());

}  // namespace overtake
