// `stats`.

#include <event2/event.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>

#include "dispatch/architecture.h"
#include "server/stats/sections.h"
#include "version.h"

namespace overtake {
namespace {

StatDecimal Seconds(const timeval& time) {
  return {static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6, 6};
}

void FillProcess(const StatsSource& s, StatsSink* out) {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  out->Gauge("pid", getpid());
  out->Gauge("uptime", s.clock->Uptime());
  out->Gauge("time", s.clock->UnixTime());
  out->Text("version", kStatsVersion);
  out->Text("libevent", event_get_version());
  out->Gauge("pointer_size", 8 * sizeof(void*));
  out->Gauge("rusage_user", Seconds(usage.ru_utime));
  out->Gauge("rusage_system", Seconds(usage.ru_stime));
}

// Names of memcached's that count what there is none of here.
void FillZeros(std::initializer_list<std::string_view> names, StatsSink* out) {
  for (const std::string_view name : names) out->Gauge(name, 0);
}

void FillConnectionTotals(const Architecture& architecture, StatsSink* out) {
  const ConnectionLimits& connections = architecture.connections();
  out->Gauge("max_connections", connections.maximum());
  out->Gauge("curr_connections", connections.current());
  out->Counter("total_connections", connections.total());
  out->Counter("rejected_connections", connections.rejected());
  out->Gauge("connection_structures", connections.current());
  const ReplyMemory& replies = architecture.memory().replies;
  out->Counter("response_obj_oom", replies.refused());
  out->Gauge("response_obj_count", replies.count());
  out->Gauge("response_obj_bytes", replies.held());
  const auto threads = architecture.thread_stats();
  const uint64_t input_bytes = Sum(threads, &ThreadStats::input_bytes);
  out->Gauge("read_buf_count", input_bytes / BlockPool::kBlockBytes);
  out->Gauge("read_buf_bytes", input_bytes);
  out->Gauge("read_buf_bytes_free", 0);
  out->Counter("read_buf_oom", Sum(threads, &ThreadStats::input_refused));
  out->Gauge("reserved_fds", 0);
}

void FillCommands(const StatsSource& s, const StoreStats& store, StatsSink* out) {
  const auto sum = [&s](Counter CommandStats::*counter) { return Sum(*s.commands, counter); };
  const auto count = [&](std::string_view name, Counter CommandStats::*counter) {
    out->Counter(name, sum(counter));
  };
  const uint64_t get_hits = sum(&CommandStats::get_hits);
  const uint64_t get_misses = sum(&CommandStats::get_misses);
  const uint64_t touch_hits = sum(&CommandStats::touch_hits);
  const uint64_t touch_misses = sum(&CommandStats::touch_misses);
  out->Counter("cmd_get", get_hits + get_misses);
  count("cmd_set", &CommandStats::cmd_set);
  count("cmd_flush", &CommandStats::cmd_flush);
  out->Counter("cmd_touch", touch_hits + touch_misses);
  count("cmd_meta", &CommandStats::cmd_meta);
  out->Counter("get_hits", get_hits);
  out->Counter("get_misses", get_misses);
  out->Counter("get_expired", store.get_expired);
  out->Counter("get_flushed", store.get_flushed);
  count("delete_misses", &CommandStats::delete_misses);
  count("delete_hits", &CommandStats::delete_hits);
  count("incr_misses", &CommandStats::incr_misses);
  count("incr_hits", &CommandStats::incr_hits);
  count("decr_misses", &CommandStats::decr_misses);
  count("decr_hits", &CommandStats::decr_hits);
  count("cas_misses", &CommandStats::cas_misses);
  count("cas_hits", &CommandStats::cas_hits);
  count("cas_badval", &CommandStats::cas_badval);
  out->Counter("touch_hits", touch_hits);
  out->Counter("touch_misses", touch_misses);
  count("store_too_large", &CommandStats::store_too_large);
  count("store_no_memory", &CommandStats::store_no_memory);
  count("auth_cmds", &CommandStats::auth_cmds);
  count("auth_errors", &CommandStats::auth_errors);
}

// memcached's names, in its order. There only when TLS is.
void FillTls(const Settings& settings, StatsSink* out) {
  const TlsContext* const tls = settings.dispatch.tls;
  if (tls == nullptr) return;
  if (settings.tls.session_cache) out->Counter("ssl_new_sessions", tls->new_sessions());
  out->Counter("ssl_handshake_errors", tls->handshake_errors());
  out->Counter("ssl_proto_errors", tls->protocol_errors());
  out->Gauge("time_since_server_cert_refresh", tls->seconds_since_refresh());
}

void FillTraffic(const StatsSource& s, StatsSink* out) {
  const auto threads = s.architecture->thread_stats();
  const ConnectionLimits& connections = s.architecture->connections();
  if (s.settings->dispatch.idle_timeout_s > 0) {
    out->Counter("idle_kicks", connections.idle_kicks());
  }
  out->Counter("bytes_read", Sum(threads, &ThreadStats::bytes_read));
  out->Counter("bytes_written", Sum(threads, &ThreadStats::bytes_written));
  out->Gauge("limit_maxbytes", s.store->limit_bytes());
  out->Gauge("accepting_conns", connections.accepting() ? 1 : 0);
  out->Counter("listen_disabled_num", connections.pauses());
  out->Counter("time_in_listen_disabled_us", connections.paused_micros());
  out->Gauge("threads", threads.size());
  out->Counter("conn_yields", Sum(threads, &ThreadStats::yields));
  FillTls(*s.settings, out);
}

void FillSlabMoves(const StatsSource& s, StatsSink* out) {
  FillZeros({"hash_is_expanding", "slab_reassign_rescues", "slab_reassign_chunk_rescues",
             "slab_reassign_inline_reclaim", "slab_reassign_busy_items",
             "slab_reassign_busy_deletes", "slab_reassign_busy_nomem"},
            out);
  out->Text("slab_reassign_last_busy_status", "none");
  FillZeros({"slab_reassign_running", "slabs_moved", "lru_crawler_running", "lru_crawler_starts",
             "lru_maintainer_juggles", "malloc_fails"},
            out);
  const EventLog::Counts log = s.log->counts();
  out->Gauge("log_worker_dropped", 0);
  out->Counter("log_worker_written", log.written);
  out->Counter("log_watcher_skipped", log.skipped);
  out->Counter("log_watcher_sent", log.sent);
  out->Gauge("log_watchers", log.watchers);
  FillZeros({"unexpected_napi_ids", "round_robin_fallback"}, out);
}

void FillItemTotals(const StoreStats& store, uint64_t altered_in_place, StatsSink* out) {
  out->Gauge("bytes", store.bytes);
  out->Gauge("curr_items", store.items);
  // The store makes a new item of every change to a value. Both are read while they grow.
  out->Counter("total_items", store.total_items - std::min(store.total_items, altered_in_place));
  out->Gauge("slab_global_page_pool", 0);
  out->Counter("expired_unfetched", store.expired_unfetched);
  out->Counter("evicted_unfetched", store.evicted_unfetched);
  out->Gauge("evicted_active", 0);
  out->Counter("evictions", store.evictions);
  out->Counter("reclaimed", store.reclaimed);
  FillZeros({"crawler_reclaimed", "crawler_items_checked", "lrutail_reflocked", "moves_to_cold",
             "moves_to_warm", "moves_within_lru", "direct_reclaims", "lru_bumps_dropped"},
            out);
}

void FillLog(const StoreStats& store, StatsSink* out) {
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
  out->Gauge("utilization", {live / static_cast<double>(store.limit_bytes), 4});
  out->Gauge("log_small_segments", log.small_segments);
  out->Gauge("log_main_segments", log.main_segments);
  out->Gauge("log_pinned_segments", log.pinned_segments);
  out->Counter("log_pins_refused", log.pins_refused);
  out->Counter("ghost_hits", log.ghost_hits);
  out->Counter("evicted_segments", log.evicted_segments);
  out->Counter("promoted_bytes", log.promoted_bytes);
  out->Counter("reinserted_bytes", log.reinserted_bytes);
  out->Counter("cleaned_segments", log.cleaned_segments);
  out->Counter("cleaned_bytes", log.cleaned_bytes);
  out->Counter("swept_segments", log.swept_segments);
  out->Counter("writer_waits", log.writer_waits);
}

}  // namespace

void FillGeneral(const StatsSource& s, StatsSink* out) {
  const uint64_t altered_in_place = Sum(*s.commands, &CommandStats::altered_in_place);
  const StoreStats store = s.store->Stats();
  FillProcess(s, out);
  if (s.architecture != nullptr) FillConnectionTotals(*s.architecture, out);
  FillCommands(s, store, out);
  if (s.architecture != nullptr) FillTraffic(s, out);
  out->Gauge("hash_power_level", store.hash_power);
  out->Gauge("hash_bytes", store.hash_bytes);
  FillSlabMoves(s, out);
  FillItemTotals(store, altered_in_place, out);
  FillLog(store, out);
}

}  // namespace overtake
