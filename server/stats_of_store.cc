#include "server/stats_of_store.h"

#include "absl/strings/str_format.h"

namespace overtake {

void AppendHashStats(const StoreStats& store, StatsWriter* out) {
  out->Gauge("hash_power_level", store.hash_power);
  out->Gauge("hash_bytes", store.hash_bytes);
}

void AppendItemTotals(const StoreStats& store, StatsWriter* out) {
  out->Gauge("bytes", store.bytes);
  out->Gauge("curr_items", store.items);
  out->Count("total_items", store.total_items);
  out->Gauge("slab_global_page_pool", 0);
  out->Count("expired_unfetched", store.expired_unfetched);
  out->Count("evicted_unfetched", store.evicted_unfetched);
  out->Gauge("evicted_active", 0);
  out->Count("evictions", store.evictions);
  out->Count("reclaimed", store.reclaimed);
  for (const char* name :
       {"crawler_reclaimed", "crawler_items_checked", "lrutail_reflocked", "moves_to_cold",
        "moves_to_warm", "moves_within_lru", "direct_reclaims", "lru_bumps_dropped"}) {
    out->Gauge(name, 0);
  }
}

void AppendLogStats(const StoreStats& store, StatsWriter* out) {
  const LogStats& log = store.log;
  out->Gauge("log_segment_bytes", log.segment_bytes);
  out->Gauge("log_segments", log.segments);
  out->Gauge("log_live_bytes", log.live_bytes);
  out->Gauge("log_dead_bytes", log.dead_bytes);
  out->Gauge("log_unwritten_bytes", log.unwritten_bytes);
  out->Gauge("log_free_bytes", log.free_bytes);
  out->Gauge("log_idle_bytes", log.idle_bytes);
  out->Gauge("index_bytes", log.index_bytes);
  out->Gauge("index_free_bytes", log.index_free_bytes);
  out->Gauge("ghost_bytes", log.ghost_bytes);
  out->Gauge("metadata_bytes", log.metadata_bytes);
  out->Gauge("slack_bytes", log.slack_bytes);
  const double live = static_cast<double>(log.live_bytes);
  const double limit = static_cast<double>(store.limit_bytes);
  out->Gauge("utilization", absl::StrFormat("%.4f", live / limit));
  out->Gauge("log_small_segments", log.small_segments);
  out->Gauge("log_main_segments", log.main_segments);
  out->Gauge("log_pinned_segments", log.pinned_segments);
  out->Count("log_pins_refused", log.pins_refused);
  out->Count("ghost_hits", log.ghost_hits);
  out->Count("evicted_segments", log.evicted_segments);
  out->Count("promoted_bytes", log.promoted_bytes);
  out->Count("reinserted_bytes", log.reinserted_bytes);
  out->Count("cleaned_segments", log.cleaned_segments);
  out->Count("cleaned_bytes", log.cleaned_bytes);
  out->Count("swept_segments", log.swept_segments);
  out->Count("writer_waits", log.writer_waits);
}

void AppendItemStats(const StoreStats& store, const ItemWork& work, StatsWriter* out) {
  if (store.items == 0 && !out->is_reset()) return;
  const auto stat = [out](std::string_view name, uint64_t value) {
    out->Gauge(absl::StrCat("items:1:", AbslView(name)), value);
  };
  const auto count = [out](std::string_view name, uint64_t value) {
    out->Count(absl::StrCat("items:1:", AbslView(name)), value);
  };
  stat("number", store.items);
  for (const char* name : {"number_hot", "number_warm"}) stat(name, 0);
  stat("number_cold", store.items);
  for (const char* name : {"age_hot", "age_warm", "age"}) stat(name, 0);
  stat("mem_requested", store.bytes);
  count("evicted", store.evictions);
  for (const char* name : {"evicted_nonzero", "evicted_time"}) stat(name, 0);
  count("outofmemory", work.out_of_memory);
  stat("tailrepairs", 0);
  count("reclaimed", store.reclaimed);
  count("expired_unfetched", store.expired_unfetched);
  count("evicted_unfetched", store.evicted_unfetched);
  for (const char* name : {"evicted_active", "crawler_reclaimed", "crawler_items_checked",
                           "lrutail_reflocked", "moves_to_cold", "moves_to_warm",
                           "moves_within_lru", "direct_reclaims", "hits_to_hot", "hits_to_warm"}) {
    stat(name, 0);
  }
  count("hits_to_cold", work.get_hits);
  stat("hits_to_temp", 0);
}

void AppendSlabStats(const StoreStats& store, const ItemWork& work, StatsWriter* out) {
  const LogStats& log = store.log;
  const uint64_t used = log.small_segments + log.main_segments;
  const auto stat = [out](std::string_view name, uint64_t value) {
    out->Gauge(absl::StrCat("1:", AbslView(name)), value);
  };
  const auto count = [out](std::string_view name, uint64_t value) {
    out->Count(absl::StrCat("1:", AbslView(name)), value);
  };
  if (store.items > 0 || out->is_reset()) {
    stat("chunk_size", log.segment_bytes);
    stat("chunks_per_page", 1);
    stat("total_pages", used);
    stat("total_chunks", used);
    stat("used_chunks", used);
    stat("free_chunks", 0);
    stat("free_chunks_end", 0);
    count("get_hits", work.get_hits);
    count("cmd_set", work.cmd_set);
    count("delete_hits", work.delete_hits);
    count("incr_hits", work.incr_hits);
    count("decr_hits", work.decr_hits);
    count("cas_hits", work.cas_hits);
    count("cas_badval", work.cas_badval);
    count("touch_hits", work.touch_hits);
  }
  out->Gauge("active_slabs", store.items > 0 ? 1 : 0);
  out->Gauge("total_malloced", used * log.segment_bytes);
}

}  // namespace overtake
