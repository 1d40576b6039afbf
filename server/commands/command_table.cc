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
    {{"get", kGet, kRetrieval, {2}, ParseGet}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"bget", kGet, kRetrieval, {2}, ParseGet}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"gets", kGets, kRetrieval, {2}, ParseGet}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"gat", kGat, kRetrieval, {2}, ParseGat}, ByCost, ExecuteGet, Kind::kRetrieve},
    {{"gats", kGats, kRetrieval, {2}, ParseGat}, ByCost, ExecuteGet, Kind::kRetrieve},

    {{"set", kSet, kStorage, {5}, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"add", kAdd, kStorage, {5}, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"replace", kReplace, kStorage, {5}, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"append", kAppend, kStorage, {5}, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"prepend", kPrepend, kStorage, {5}, ParseSet}, ByCost, ExecuteSet, Kind::kStore},
    {{"cas", kCas, kStorage, {5}, ParseCas}, ByCost, ExecuteSet, Kind::kStore},

    {{"delete", kDelete, kPlain, {2, 4}, ParseDelete}, ByCost, ExecuteDelete},
    {{"incr", kIncr, kPlain, {3, 4}, ParseIncr}, ByCost, ExecuteIncr},
    {{"decr", kDecr, kPlain, {3, 4}, ParseIncr}, ByCost, ExecuteIncr},
    {{"touch", kTouch, kPlain, {3, 4}, ParseTouch}, ByCost, ExecuteTouch},

    {{"mg", kMetaGet, kMeta, {2}, ParseMetaGet}, ByCost, ExecuteMetaGet},
    {{"ms", kMetaSet, kMeta, {2}, ParseMetaSet}, ByCost, ExecuteMetaSet, Kind::kStore},
    {{"md", kMetaDelete, kMeta, {2}, ParseMetaDelete}, ByCost, ExecuteMetaDelete},
    {{"ma", kMetaArithmetic, kMeta, {2}, ParseMetaArithmetic}, ByCost, ExecuteMetaArithmetic},
    {{"me", kMetaDebug, kMeta, {}, ParseMetaDebug}, ByCost, ExecuteMetaDebug},
    {{"mn", kMetaNoop, kPlain, {}, ParseName}, Trivial, ExecuteMetaNoop},

    {{"version", kVersion, kPlain, {}, ParseName}, Trivial, ExecuteVersion},
    {{"quit", kQuit, kPlain, {}, ParseName}, Trivial, ExecuteQuit},
    {{"stats", kStats, kPlain, {}, ParseText}, ByCost, ExecuteStats, Kind::kStats},
    {{"watch", kWatch, kPlain, {}, ParseTextNoreply}, ByCost, ExecuteWatch},
    {{"flush_all", kFlushAll, kPlain, {1, 3}, ParseFlushAll},
     ByCost,
     ExecuteFlushAll,
     Kind::kFlush},
    {{"verbosity", kVerbosity, kPlain, {2, 3}, ParseVerbosity}, ByCost, ExecuteVerbosity},
    {{"cache_memlimit", kCacheMemlimit, kPlain, {2, 3}, ParseCacheMemlimit},
     ByCost,
     ExecuteCacheMemlimit},
    {{"slabs", kSlabs, kPlain, {}, ParseSlabs}, ByCost, ExecuteSlabs},
    {{"lru", kLru, kPlain, {2}, ParseTextNoreply}, ByCost, ExecuteLru},
    {{"lru_crawler", kLruCrawler, kPlain, {}, ParseText}, ByCost, ExecuteLruCrawler},
    {{"refresh_certs", kRefreshCerts, kPlain, {}, ParseTextNoreply}, Heavy, ExecuteRefreshCerts},
    {{"shutdown", kShutdown, kPlain, {}, ParseShutdown}, ByCost, ExecuteShutdown},
    {{"debug", kDebug, kPlain, {}, ParseText}, WeightOfDebug, ExecuteDebug},
    {{"debugtime", kDebugTime, kPlain, {}, ParseText}, ByCost, ExecuteDebugTime},

    // What the parser makes: no client can ask for it.
    {{"error", kAuthenticate, kPlain, {}, nullptr}, Trivial, ExecuteAuthenticate},
    {{"error", kInvalid, kPlain, {}, nullptr}, Trivial, ExecuteInvalid},
};

}  // namespace

constexpr CommandTable kCommandTable(kRows);
static_assert(kCommandTable.IsComplete());

}  // namespace overtake
