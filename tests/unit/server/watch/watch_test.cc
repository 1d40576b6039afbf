// What watchers are told, and stats detail, on each store.

#include <regex>
#include <string>

#include "tests/unit/server/service_fixture.h"

namespace overtake {
namespace {

class WatchTest : public ServiceTest {
 protected:
  // What the watcher was told since the last time, without times and numbers of lines.
  std::string Told(uint64_t watcher) {
    Reply reply;
    log_.Take(watcher, &reply);
    return std::regex_replace(Taken(&reply), std::regex("ts=\\d+\\.\\d+ gid=\\d+ "), "");
  }
};

TEST_P(WatchTest, FetchersAreToldOfEveryLookUp) {
  const uint64_t watcher = log_.AddWatcher(kFetchers);
  Ask("get a\r\n");
  EXPECT_EQ(Told(watcher), "type=item_get key=a status=not_found clsid=0 cfd=-1 size=0\n");
  Ask("set a 0 0 3\r\nabc\r\nget a b\r\ngat 10 a\r\nincr a 1\r\nmg a v\r\nmd a\r\n");
  const std::string hit = "type=item_get key=a status=found clsid=1 cfd=-1 size=3\n";
  EXPECT_EQ(Told(watcher), "type=item_get key=a status=not_found clsid=0 cfd=-1 size=0\n" + hit +
                               "type=item_get key=b status=not_found clsid=0 cfd=-1 size=0\n" +
                               hit + hit + hit + hit);
  Ask("version\r\nmn\r\nflush_all\r\n");
  EXPECT_EQ(Told(watcher), "");
}

TEST_P(WatchTest, FetchersAreToldWhyThereIsNothing) {
  Ask("set d 0 -1 1\r\nx\r\nget d\r\n");
  const uint64_t watcher = log_.AddWatcher(kFetchers);
  const auto line = [](const std::string& key, const std::string& status) {
    return "type=item_get key=" + key + " status=" + status + " clsid=0 cfd=-1 size=0\n";
  };
  Ask("get d\r\n");  // that it had expired was said to nobody
  EXPECT_EQ(Told(watcher), line("d", "not_found"));
  Ask("set a 0 -1 1\r\nx\r\nget a\r\nget a\r\n");
  EXPECT_EQ(Told(watcher), line("a", "not_found") + line("a", "expired") + line("a", "not_found"));
  Ask("set b 0 0 1\r\nx\r\nset c 0 0 1\r\nx\r\nflush_all\r\nget b b\r\nmg c v\r\n");
  EXPECT_EQ(Told(watcher), line("b", "not_found") + line("c", "not_found") + line("b", "flushed") +
                               line("b", "not_found") + line("c", "flushed"));
}

TEST_P(WatchTest, MutationsAreNamedAsInMemcached) {
  const uint64_t watcher = log_.AddWatcher(kMutations);
  const auto told = [this, watcher](const std::string& bytes) {
    Ask(bytes);
    return Told(watcher);
  };
  EXPECT_EQ(told("set a 5 100 3\r\nabc\r\n"),
            "type=item_store key=a status=stored cmd=set ttl=100 clsid=1 cfd=-1 size=3\n");
  EXPECT_EQ(told("add a 0 0 1\r\nx\r\n"),
            "type=item_store key=a status=not_stored cmd=add ttl=0 clsid=1 cfd=-1 size=1\n");
  EXPECT_EQ(told("replace zz 0 0 1\r\nx\r\n"),
            "type=item_store key=zz status=not_stored cmd=replace ttl=0 clsid=1 cfd=-1 size=1\n");
  EXPECT_EQ(told("cas a 0 0 1 1\r\nx\r\n"),
            "type=item_store key=a status=exists cmd=cas ttl=0 clsid=1 cfd=-1 size=1\n");
  EXPECT_EQ(told("cas zz 0 0 1 1\r\nx\r\n"),
            "type=item_store key=zz status=not_found cmd=cas ttl=0 clsid=1 cfd=-1 size=1\n");
  EXPECT_EQ(told("ms m 3\r\nabc\r\n"),
            "type=item_store key=m status=stored cmd=set ttl=0 clsid=1 cfd=-1 size=3\n");
  EXPECT_EQ(told("ms m 3 MA\r\nabc\r\n"),
            "type=item_store key=m status=stored cmd=append ttl=0 clsid=1 cfd=-1 size=6\n");
  EXPECT_EQ(told("ms m 3 MR T30\r\nabc\r\n"),
            "type=item_store key=m status=stored cmd=replace ttl=30 clsid=1 cfd=-1 size=3\n");
  EXPECT_EQ(told("ms m 3 C1\r\nabc\r\n"),
            "type=item_store key=m status=exists cmd=cas ttl=0 clsid=1 cfd=-1 size=3\n");
  EXPECT_EQ(told("ma n N30\r\nma n\r\nincr n 1\r\nmg viv N30\r\ndelete m\r\n"),
            "type=item_store key=n status=stored cmd=add ttl=30 clsid=1 cfd=-1 size=1\n");
  EXPECT_EQ(told("set big 0 0 2000000\r\n" + std::string(2'000'000, 'x') + "\r\n"),
            "type=item_store key=big status=too_large cmd=set ttl=0 clsid=0 cfd=-1 size=0\n");
  EXPECT_EQ(told("ms YWIgYw== 1 b\r\nx\r\nset sp%20x,\"\xe9 0 0 1\r\nx\r\n"),
            "type=item_store key=ab%20c status=stored cmd=set ttl=0 clsid=1 cfd=-1 size=1\n"
            "type=item_store key=sp%2520x%2C%22%E9 status=stored cmd=set ttl=0 clsid=1 cfd=-1 "
            "size=1\n");
}

TEST_P(WatchTest, DeletionsAndEvictionsAreTold) {
  const uint64_t watcher = log_.AddWatcher(kDeletions);
  Ask("set a 0 0 3\r\nabc\r\ndelete a\r\ndelete a\r\nms b 1\r\nx\r\nmd b I\r\nmd b\r\n");
  EXPECT_EQ(Told(watcher),
            "type=deleted key=a cmd=delete clsid=1 size=3\n"
            "type=deleted key=b cmd=md clsid=1 size=1\n");
  log_.RemoveWatcher(watcher);
  EXPECT_EQ(log_.observed(), 0U);
}

TEST_P(WatchTest, AWatcherThatFallsBehindIsToldHowMuchItMissed) {
  const uint64_t watcher = log_.AddWatcher(kFetchers);
  const uint64_t other = log_.AddWatcher(kConnEvents);
  std::string gets;
  for (int i = 0; i < 2'000; ++i) gets += "get key" + std::to_string(i) + "\r\n";
  Ask(gets);
  const EventLog::Counts counts = log_.counts();
  EXPECT_EQ(counts.written, 2'000U);
  EXPECT_EQ(counts.sent + counts.skipped, 2'000U);
  EXPECT_GT(counts.skipped, 100U);
  EXPECT_EQ(counts.watchers, 2U);
  const std::string told = Told(watcher);
  EXPECT_LE(told.size(), 64U << 10);
  EXPECT_EQ(told.find("skipped="), std::string::npos);
  Ask("get a\r\n");
  EXPECT_EQ(Told(watcher), "skipped=" + std::to_string(counts.skipped) +
                               "\ntype=item_get key=a status=not_found clsid=0 cfd=-1 size=0\n");
  EXPECT_EQ(Told(other), "");
}

TEST_P(WatchTest, TheCommandHasMemcachedsWords) {
  EXPECT_EQ(Ask("watch foo\r\n"), "ERROR\r\n");
  EXPECT_EQ(Ask("watch fetchers noreply\r\n"), "ERROR\r\n");
  EXPECT_EQ(log_.counts().watchers, 0U);
  for (size_t i = 0; i < EventLog::kMaxWatchers; ++i) {
    EXPECT_EQ(Ask("watch fetchers mutations evictions connevents deletions sysevents\r\n"),
              "OK\r\n");
  }
  EXPECT_EQ(Ask("watch\r\n"), "WATCHER_TOO_MANY log watcher limit reached\r\n");
  settings_.watch_allowed = false;
  EXPECT_EQ(Ask("watch\r\n"), "CLIENT_ERROR watch commands not allowed\r\n");
}

TEST_P(WatchTest, PrefixesAreCountedWhileTheyAreObserved) {
  EXPECT_EQ(Ask("set a:b 0 0 1\r\nx\r\nstats detail dump\r\nstats detail on\r\n"),
            "STORED\r\nEND\r\nOK\r\n");
  Ask("get a:b a:c ab\r\ndelete zz:a\r\nincr a:b 1\r\ntouch a:b 1\r\nms m:x 1\r\nx\r\nmg m:x\r\n"
      "gat 0 g:x\r\nadd a:b 0 0 1\r\nx\r\nset :x 0 0 1\r\nx\r\nset x:y:z 0 0 1\r\nx\r\n"
      "set big:x 0 0 2000000\r\n" +
      std::string(2'000'000, 'x') + "\r\n");
  EXPECT_EQ(Ask("stats detail off\r\nget a:b\r\nstats detail dump\r\n").substr(4 + 23),
            "PREFIX a get 2 hit 1 set 1 del 0\r\nPREFIX zz get 0 hit 0 set 0 del 1\r\n"
            "PREFIX g get 1 hit 0 set 0 del 0\r\nPREFIX  get 0 hit 0 set 1 del 0\r\n"
            "PREFIX x get 0 hit 0 set 1 del 0\r\nPREFIX big get 0 hit 0 set 1 del 0\r\nEND\r\n");
  EXPECT_EQ(Ask("stats reset\r\nstats detail dump\r\n"), "RESET\r\nEND\r\n");
}

TEST_P(WatchTest, PrefixesAreBounded) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "takes a minute, and has one thread";
#endif
  settings_.prefix_delimiter = '/';
  settings_.detail = true;
  std::string gets;
  for (int i = 0; i < 70'000; ++i) gets += "get p" + std::to_string(i) + "/x\r\n";
  Ask(gets);
  const std::string dump = Ask("stats detail dump\r\n");
  EXPECT_EQ(std::count(dump.begin(), dump.end(), '\n'), (1 << 16) + 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, WatchTest, ::testing::Values(&MakeStore, &MakeShardedStore));

// Only the log evicts in an order that a test can count on.
class EvictionWatchTest : public WatchTest {};

TEST_P(EvictionWatchTest, WhatHasToGoIsTold) {
  const uint64_t watcher = log_.AddWatcher(kEvictions);
  const std::string value(10'000, 'x');
  for (int i = 0; i < 2'000 && log_.counts().written == 0; ++i) {
    Ask("set k" + std::to_string(i) + " 0 0 10000\r\n" + value + "\r\n");
  }
  const std::string told = Told(watcher);
  EXPECT_EQ(told.substr(0, told.find('\n')),
            "type=eviction key=k0 fetch=no ttl=-1 la=0 clsid=22 size=10000");
}

INSTANTIATE_TEST_SUITE_P(Stores, EvictionWatchTest, ::testing::Values(&MakeStore));

}  // namespace
}  // namespace overtake
