// The command lru_crawler.
#pragma once

#include <atomic>
#include <cstdint>

#include "dispatch/handler.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "server/clock.h"
#include "server/storage/store.h"

namespace overtake {

// What memcached's LRU crawler is asked for: dumps of all items, and to look for expired ones,
// which the store does by itself. Any number of threads at once.
class LruCrawler {
 public:
  // Without `dumps`, metadump and mgdump are refused. All must outlive this.
  LruCrawler(bool enabled, bool dumps, const Clock* clock, Store* store)
      : dumps_(dumps), clock_(clock), store_(store), enabled_(enabled) {}

  // Executes a kLruCrawler, a part at a time: kMore as RequestHandler says.
  RequestHandler::Outcome Execute(const Request& request, Continuation* continuation, Reply* reply);

  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }

 private:
  std::string_view Enable();
  std::string_view Crawl(std::string_view classes) const;
  RequestHandler::Outcome Dump(bool metadump, std::string_view classes, Continuation* continuation,
                               Reply* reply);

  const bool dumps_;
  const Clock* const clock_;
  Store* const store_;
  std::atomic<bool> enabled_;  // by clients, in any thread
};

}  // namespace overtake
