// `stats items` and `stats slabs`.

#include "server/stats/sections.h"

namespace overtake {
namespace {

constexpr StatLabel kOnlyClass = {"class", "1"};

// memcached shows no class without items.
bool IsShown(const StoreStats& store, const StatsSink& out) {
  return store.items > 0 || out.wants_empty();
}

}  // namespace

void FillItems(const StatsSource& s, StatsSink* out) {
  const StoreStats store = s.store->Stats();
  if (!IsShown(store, *out)) return;
  const auto gauge = [out](std::string_view name, uint64_t value) {
    out->Gauge({name, kOnlyClass}, value);
  };
  const auto counter = [out](std::string_view name, uint64_t value) {
    out->Counter({name, kOnlyClass}, value);
  };
  gauge("number", store.items);
  for (const char* name : {"number_hot", "number_warm"}) gauge(name, 0);
  gauge("number_cold", store.items);
  for (const char* name : {"age_hot", "age_warm", "age"}) gauge(name, 0);
  gauge("mem_requested", store.bytes);
  counter("evicted", store.evictions);
  for (const char* name : {"evicted_nonzero", "evicted_time"}) gauge(name, 0);
  counter("outofmemory", Sum(*s.commands, &CommandStats::store_no_memory));
  gauge("tailrepairs", 0);
  counter("reclaimed", store.reclaimed);
  counter("expired_unfetched", store.expired_unfetched);
  counter("evicted_unfetched", store.evicted_unfetched);
  for (const char* name : {"evicted_active", "crawler_reclaimed", "crawler_items_checked",
                           "lrutail_reflocked", "moves_to_cold", "moves_to_warm",
                           "moves_within_lru", "direct_reclaims", "hits_to_hot", "hits_to_warm"}) {
    gauge(name, 0);
  }
  counter("hits_to_cold", Sum(*s.commands, &CommandStats::get_hits));
  gauge("hits_to_temp", 0);
}

void FillSlabs(const StatsSource& s, StatsSink* out) {
  const StoreStats store = s.store->Stats();
  const LogStats& log = store.log;
  const uint64_t used = log.small_segments + log.main_segments;
  const uint64_t free = log.segment_bytes == 0 ? 0 : log.free_bytes / log.segment_bytes;
  const auto gauge = [out](std::string_view name, uint64_t value) {
    out->Gauge({name, kOnlyClass}, value);
  };
  const auto counter = [&](std::string_view name, Counter CommandStats::*counter) {
    out->Counter({name, kOnlyClass}, Sum(*s.commands, counter));
  };
  if (IsShown(store, *out)) {
    gauge("chunk_size", log.segment_bytes);
    gauge("chunks_per_page", 1);
    gauge("total_pages", used + free);
    gauge("total_chunks", used + free);
    gauge("used_chunks", used);
    gauge("free_chunks", free);
    gauge("free_chunks_end", 0);
    counter("get_hits", &CommandStats::get_hits);
    counter("cmd_set", &CommandStats::cmd_set);
    counter("delete_hits", &CommandStats::delete_hits);
    counter("incr_hits", &CommandStats::incr_hits);
    counter("decr_hits", &CommandStats::decr_hits);
    counter("cas_hits", &CommandStats::cas_hits);
    counter("cas_badval", &CommandStats::cas_badval);
    counter("touch_hits", &CommandStats::touch_hits);
  }
  out->Gauge("active_slabs", store.items > 0 ? 1 : 0);
  out->Gauge("total_malloced", used * log.segment_bytes);
}

}  // namespace overtake
