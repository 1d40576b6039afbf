// Commands about the server rather than about items, from bytes to bytes, on each store.

#include <string>
#include <vector>

#include "tests/unit/server/service_fixture.h"

namespace overtake {
namespace {

class AdminTest : public ServiceTest {
 protected:
  static int CountLines(const std::string& text, const std::string& beginning) {
    int lines = 0;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      if (text.compare(at, beginning.size(), beginning) == 0) ++lines;
      if (text.find('\n', at) == std::string::npos) break;
    }
    return lines;
  }
};

TEST_P(AdminTest, SlabsAndLruAreAnsweredAsByMemcached) {
  EXPECT_EQ(Ask("slabs reassign 1 2\r\nslabs reassign 2 2\r\nslabs reassign 1 40\r\n"
                "slabs reassign x 1\r\nslabs reassign 1 2 noreply\r\n"),
            "NOSPARE source class has no spare pages\r\nSAME src and dst class are identical\r\n"
            "BADCLASS invalid src or dst class id\r\nCLIENT_ERROR bad command line format\r\n");
  EXPECT_EQ(Ask("slabs automove 2\r\nslabs automove 3\r\nslabs automove ratio 0.5\r\n"
                "slabs automove ratio\r\nslabs automove 1 noreply\r\nslabs\r\n"),
            "OK\r\nERROR\r\nOK\r\nERROR\r\nERROR\r\n");
  EXPECT_EQ(Ask("slabs automove window 2\r\nslabs automove window 3\r\nslabs automove window\r\n"
                "slabs automove freeratio 0.1\r\nslabs automove freeratio\r\n"),
            "CLIENT_ERROR automove window too low or too high\r\nOK\r\n"
            "CLIENT_ERROR bad command line format\r\nOK\r\nERROR\r\n");
  EXPECT_EQ(
      Ask("lru mode flat\r\nlru mode foo\r\nlru tune 10 20 0.1 2.0\r\n"
          "lru tune 50 40 0.1 2.0\r\nlru tune 10 20 0 2\r\nlru temp_ttl -1\r\nlru x noreply\r\n"),
      "OK\r\nERROR\r\nOK\r\nERROR hot and warm pcts must not exceed 80\r\n"
      "ERROR hot/warm age factors must be greater than 0\r\nOK\r\n");
}

TEST_P(AdminTest, TheCrawlerCanBeTurnedOff) {
  EXPECT_EQ(Ask("lru_crawler enable\r\nlru_crawler crawl 1,2\r\nlru_crawler crawl 64\r\n"
                "lru_crawler crawl hash\r\nlru_crawler sleep 1000001\r\n"
                "lru_crawler tocrawl x\r\nlru_crawler sleep 100 noreply\r\n"
                "lru_crawler metadump noreply\r\n"),
            "ERROR failed to start lru crawler thread\r\nOK\r\nBADCLASS invalid class id\r\n"
            "ERROR an unknown error happened\r\n"
            "CLIENT_ERROR sleep must be one second or less\r\n"
            "CLIENT_ERROR bad command line format\r\n");
  EXPECT_EQ(Ask("lru_crawler disable\r\nlru_crawler disable\r\nlru_crawler crawl all\r\n"),
            "OK\r\nOK\r\nCLIENT_ERROR lru crawler disabled\r\n");
  EXPECT_EQ(Ask("lru_crawler metadump all\r\n"), "CLIENT_ERROR lru crawler disabled\r\n");
  EXPECT_EQ(Ask("lru_crawler enable\r\n"), "OK\r\n");
  EXPECT_EQ(Ask("lru_crawler metadump all\r\n"), "OK\r\nEND\r\n");
}

TEST_P(AdminTest, AMetadumpTellsEverything) {
  const std::string then = std::to_string(clock_.UnixTime());
  const std::string end = std::to_string(clock_.UnixTime() + 100);
  EXPECT_EQ(Ask("ms a 3 F1 T100 E55\r\nabc\r\ndebugtime 10\r\nlru_crawler metadump all\r\n"
                "mn\r\n"),
            "HD\r\nOK\r\nERROR cannot pipeline other commands before metadump\r\nMN\r\n");
  EXPECT_EQ(Ask("lru_crawler metadump all\r\n"),
            "OK\r\nkey=a exp=" + end + " la=" + then +
                " cas=55 fetch=no cls=1 size=67 flags=1 \nEND\r\n");
  Ask("get a\r\ntouch a 0\r\n");
  EXPECT_EQ(Ask("lru_crawler metadump all\r\n"),
            "OK\r\nkey=a exp=-1 la=" + std::to_string(clock_.UnixTime()) +
                " cas=55 fetch=yes cls=1 size=67 flags=1 \nEND\r\n");
}

TEST_P(AdminTest, DumpsHaveEachItemOnce) {
  constexpr int kItems = 3'000;
  std::string bytes;
  for (int i = 0; i < kItems; ++i) bytes += "set k" + std::to_string(i) + " 0 0 1\r\nv\r\n";
  Ask(bytes);
  Ask("ms YSBiDQo= 1 b\r\nv\r\nms l 2000\r\n" + std::string(2000, 'v') + "\r\n");
  for (const char* classes : {"all", "hash", "1", "1,5"}) {
    const std::string dump = Ask(std::string("lru_crawler metadump ") + classes + "\r\n");
    EXPECT_EQ(CountLines(dump, "key="), kItems + 2) << classes;
    EXPECT_TRUE(dump.ends_with("\nEND\r\n"));
    EXPECT_EQ(CountLines(dump, "key=a%20b%0D%0A "), 1);
    EXPECT_EQ(CountLines(dump, "key=k77 "), 1);
  }
  EXPECT_EQ(CountLines(Ask("lru_crawler metadump 15\r\n"), "key="), 1) << "the large one";
  const std::string keys = Ask("lru_crawler mgdump all\r\n");
  EXPECT_EQ(CountLines(keys, "mg "), kItems + 2);
  EXPECT_EQ(CountLines(keys, "mg YSBiDQo= b\r"), 1);
  EXPECT_TRUE(keys.ends_with("\r\nEN\r\n"));
  // What can be read back from mgdump can be asked for as it is.
  EXPECT_EQ(CountLines(Ask(keys.substr(0, keys.size() - 4)), "HD"), kItems + 2);

  EXPECT_EQ(CountLines(Ask("stats cachedump 1 0\r\n"), "ITEM k"), kItems);
  EXPECT_EQ(CountLines(Ask("stats cachedump 1 0\r\n"), "ITEM "), kItems + 1)
      << "but the key in base64";
  EXPECT_EQ(CountLines(Ask("stats cachedump 1 700\r\n"), "ITEM "), 700);
  for (const char* other : {"0", "2", "15", "63"}) {
    EXPECT_EQ(Ask(std::string("stats cachedump ") + other + " 0\r\n"), "END\r\n")
        << "there is class 1 only";
  }
}

TEST_P(AdminTest, DumpsCanBeForbidden) {
  settings_.dump_allowed = false;
  EXPECT_EQ(Ask("lru_crawler metadump all\r\nstats cachedump 1 1\r\nlru_crawler crawl all\r\n"),
            "ERROR metadump not allowed\r\nCLIENT_ERROR stats cachedump not allowed\r\nOK\r\n");
}

TEST_P(AdminTest, TheMemoryLimitHasItsErrors) {
  EXPECT_EQ(Ask("cache_memlimit\r\ncache_memlimit x\r\ncache_memlimit 7\r\n"
                "cache_memlimit 1000000001\r\ncache_memlimit 4294967296\r\n"
                "cache_memlimit noreply\r\ncache_memlimit 10 noreply\r\n"),
            "ERROR\r\nERROR\r\nMEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\n"
            "MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes\r\n"
            "ERROR\r\n");
  EXPECT_EQ(store_->limit_bytes(), 10U << 20);
  EXPECT_NE(Ask("stats settings\r\n").find("STAT maxbytes 10485760\r\n"), std::string::npos);
}

// Scripts look values up by these names, some by their place.
TEST_P(AdminTest, EveryNameOfMemcachedsIsThereInItsOrder) {
  const auto expect_in_order = [this](const std::string& group,
                                      const std::vector<const char*>& names) {
    const std::string stats = Ask("stats " + group + "\r\n");
    size_t at = 0;
    for (const char* name : names) {
      const size_t found = stats.find("STAT " + std::string(name) + " ", at);
      EXPECT_NE(found, std::string::npos) << group << " " << name;
      if (found != std::string::npos) at = found;
    }
  };
  Ask("set a 0 0 1\r\na\r\n");
  expect_in_order("", {"pid",
                       "uptime",
                       "time",
                       "version",
                       "libevent",
                       "pointer_size",
                       "rusage_user",
                       "rusage_system",
                       "cmd_get",
                       "cmd_set",
                       "cmd_flush",
                       "cmd_touch",
                       "cmd_meta",
                       "get_hits",
                       "get_misses",
                       "get_expired",
                       "get_flushed",
                       "delete_misses",
                       "delete_hits",
                       "incr_misses",
                       "incr_hits",
                       "decr_misses",
                       "decr_hits",
                       "cas_misses",
                       "cas_hits",
                       "cas_badval",
                       "touch_hits",
                       "touch_misses",
                       "store_too_large",
                       "store_no_memory",
                       "auth_cmds",
                       "auth_errors",
                       "hash_power_level",
                       "hash_bytes",
                       "hash_is_expanding",
                       "slab_reassign_running",
                       "slabs_moved",
                       "lru_crawler_running",
                       "malloc_fails",
                       "log_worker_dropped",
                       "log_watchers",
                       "bytes",
                       "curr_items",
                       "total_items",
                       "slab_global_page_pool",
                       "expired_unfetched",
                       "evicted_unfetched",
                       "evicted_active",
                       "evictions",
                       "reclaimed",
                       "crawler_reclaimed",
                       "direct_reclaims",
                       "lru_bumps_dropped"});
  expect_in_order("settings", {"maxbytes",
                               "maxconns",
                               "tcpport",
                               "udpport",
                               "inter",
                               "verbosity",
                               "oldest",
                               "evictions",
                               "domain_socket",
                               "umask",
                               "growth_factor",
                               "stat_key_prefix",
                               "detail_enabled",
                               "cas_enabled",
                               "tcp_backlog",
                               "item_size_max",
                               "slab_reassign",
                               "lru_crawler",
                               "flush_enabled",
                               "dump_enabled",
                               "hash_algorithm",
                               "lru_segmented",
                               "idle_timeout",
                               "watcher_logbuf_size",
                               "track_sizes",
                               "ext_item_size",
                               "ssl_enabled",
                               "memory_file",
                               "client_flags_size",
                               "dispatch"});
  expect_in_order("items",
                  {"items:1:number", "items:1:age", "items:1:mem_requested", "items:1:evicted",
                   "items:1:outofmemory", "items:1:reclaimed", "items:1:hits_to_temp"});
  expect_in_order("slabs", {"1:chunk_size", "1:chunks_per_page", "1:total_pages", "1:total_chunks",
                            "1:used_chunks", "1:free_chunks", "1:get_hits", "1:cmd_set",
                            "1:touch_hits", "active_slabs", "total_malloced"});
}

TEST_P(AdminTest, StatsAnswerAsMemcachedDoes) {
  EXPECT_EQ(Ask("stats sizes\r\nstats sizes_disable\r\nstats sizes_enable\r\nstats "
                "extstore\r\nstats foo\r\n"),
            "STAT sizes_status disabled\r\nEND\r\nERROR\r\nERROR\r\nEND\r\nERROR\r\n");
  EXPECT_EQ(Ask("stats cachedump\r\nstats cachedump 1\r\nstats cachedump x 1\r\n"
                "stats cachedump 64 1\r\nstats cachedump 0 1\r\nstats detail\r\n"),
            "CLIENT_ERROR bad command line\r\nCLIENT_ERROR bad command line\r\n"
            "CLIENT_ERROR bad command line format\r\nCLIENT_ERROR Illegal slab id\r\nEND\r\n"
            "CLIENT_ERROR usage: stats detail on|off|dump\r\n");
}

INSTANTIATE_TEST_SUITE_P(Stores, AdminTest, ::testing::Values(&MakeStore, &MakeShardedStore));

}  // namespace
}  // namespace overtake
