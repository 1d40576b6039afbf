#include "server/stats_of_store.h"

#include "absl/strings/str_format.h"

namespace overtake {

void AppendStoreStats(const StoreStats& store, StatsWriter* out) {
  out->Gauge("hash_power_level", store.hash_power);
  out->Gauge("hash_bytes", store.hash_bytes);
  out->Gauge("bytes", store.bytes);
  out->Gauge("curr_items", store.items);
  out->Count("total_items", store.total_items);
  out->Count("expired_unfetched", store.expired_unfetched);
  out->Count("evicted_unfetched", store.evicted_unfetched);
  out->Count("evictions", store.evictions);
  out->Count("reclaimed", store.reclaimed);

  const LogStats& log = store.log;
  out->Gauge("log_segment_bytes", log.segment_bytes);
  out->Gauge("log_segments", log.segments);
  out->Gauge("log_live_bytes", log.live_bytes);
  out->Gauge("log_dead_bytes", log.dead_bytes);
  out->Gauge("log_unwritten_bytes", log.unwritten_bytes);
  out->Gauge("log_free_bytes", log.free_bytes);
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

void AppendItemStats(const StoreStats& store, StatsWriter* out) {
  if (store.items == 0) return;
  out->Gauge("items:1:number", store.items);
  out->Gauge("items:1:mem_requested", store.bytes);
  out->Gauge("items:1:evicted", store.evictions);
  out->Gauge("items:1:outofmemory", 0);
  out->Gauge("items:1:reclaimed", store.reclaimed);
  out->Gauge("items:1:expired_unfetched", store.expired_unfetched);
  out->Gauge("items:1:evicted_unfetched", store.evicted_unfetched);
}

void AppendSlabStats(const StoreStats& store, StatsWriter* out) {
  const LogStats& log = store.log;
  const uint64_t used = log.small_segments + log.main_segments;
  if (store.items > 0) {
    out->Gauge("1:chunk_size", log.segment_bytes);
    out->Gauge("1:chunks_per_page", 1);
    out->Gauge("1:total_pages", used);
    out->Gauge("1:total_chunks", used);
    out->Gauge("1:used_chunks", used);
    out->Gauge("1:free_chunks", 0);
    out->Gauge("1:free_chunks_end", 0);
    out->Gauge("1:mem_requested", store.bytes);
  }
  out->Gauge("active_slabs", store.items > 0 ? 1 : 0);
  out->Gauge("total_malloced", used * log.segment_bytes);
}

}  // namespace overtake
